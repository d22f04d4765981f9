using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Simulator;

/// <summary>A scripted Messages API on 127.0.0.1: no model, no key, no cost.</summary>
/// <remarks>
/// Safe for concurrent use. What it does with a request is decided, in this order, by <see cref="Enqueue"/>, by
/// <see cref="When"/>, by a directive in the user's text, and by default: a short answer that says what it is.
/// </remarks>
public sealed class SimulatorServer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<Scenario> _queue = new();
    private readonly List<(Func<RecordedRequest, bool> Match, Scenario Scenario)> _rules = [];
    private readonly Dictionary<string, int> _attempts = new(StringComparer.Ordinal);
    private readonly SimulatorOptions _options;
    private readonly RequestLog _log;
    private readonly UsageLog _told;
    private readonly X509Certificate2? _certificate;
    private readonly WebApplication _app;
    private DelayedNetwork? _network;

    private SimulatorServer(SimulatorOptions options)
    {
        _options = options;
        _certificate = options.Https ? SimulatorCertificate.Create() : null;
        _log = new RequestLog(options.MaxRecorded);
        _told = new UsageLog(options.MaxRecorded);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();

        // Signals are for the program that started it: a gateway that is asked to stop still has turns that ask the model.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, IsFarAway ? 0 : options.Port, listen =>
            {
                if (_certificate is not null)
                {
                    listen.UseHttps(_certificate);
                }
            });
        });
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>Where it listens.</summary>
    public Uri BaseAddress { get; private set; } = null!;

    /// <summary>Its certificate in PEM, to be trusted by clients (<c>SSL_CERT_FILE</c>, <c>NODE_EXTRA_CA_CERTS</c>); null without HTTPS.</summary>
    public string? CertificatePem => _certificate?.ExportCertificatePem();

    /// <summary>What it told clients that its answers used, oldest first.</summary>
    public IReadOnlyList<ToldUsage> Told => _told.All;

    /// <summary>What it was sent, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _log.All;

    /// <summary>The requests for a message among them.</summary>
    public IReadOnlyList<RecordedRequest> MessageRequests => [.. Requests.Where(request => request.IsMessage)];

    /// <summary>Starts one.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatorServer> StartAsync(SimulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        var server = new SimulatorServer(options ?? new SimulatorOptions());
        await server._app.StartAsync(cancellationToken);
        var addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.BaseAddress = new Uri(addresses.Addresses.First());
        if (server.IsFarAway)
        {
            server._network = new DelayedNetwork(new IPEndPoint(IPAddress.Loopback, server.BaseAddress.Port), server._options.RoundTrip, server._options.Port);
            server.BaseAddress = new UriBuilder(server.BaseAddress) { Port = server._network.Port }.Uri;
        }

        return server;
    }

    /// <summary>Takes the next requests for a message, one each, in order.</summary>
    public void Enqueue(params IEnumerable<Scenario> scenarios)
    {
        lock (_gate)
        {
            foreach (var scenario in scenarios)
            {
                _queue.Enqueue(scenario);
            }
        }
    }

    /// <summary>Takes every request for a message that matches; the rule added last is asked first.</summary>
    public void When(Func<RecordedRequest, bool> match, Scenario scenario)
    {
        lock (_gate)
        {
            _rules.Insert(0, (match, scenario));
        }
    }

    /// <summary>No answer tells what it used until what is returned is disposed; all wait with it.</summary>
    public IDisposable HoldUsage() => _told.Hold();

    /// <summary>Forgets requests, scenarios and rules.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _queue.Clear();
            _rules.Clear();
            _attempts.Clear();
        }

        _log.Clear();
        _told.Clear();
    }

    /// <summary>The first request, past or to come, that matches.</summary>
    public Task<RecordedRequest> WaitForRequestAsync(Func<RecordedRequest, bool> match, CancellationToken cancellationToken) =>
        _log.WaitAsync(match, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        await _app.DisposeAsync();
        _certificate?.Dispose();
    }

    private bool IsFarAway => _options.RoundTrip > TimeSpan.Zero;

    private async Task HandleAsync(HttpContext http)
    {
        try
        {
            if (http.Request.Path.StartsWithSegments("/_simulator", out var rest))
            {
                await SimulatorControl.HandleAsync(http, rest, this);
                return;
            }

            var request = await RecordAsync(http);
            http.Response.Headers["request-id"] = "req_sim_" + Guid.NewGuid().ToString("N");
            await AnswerAsync(http, request);
        }
        catch (OperationCanceledException)
        {
            // The client left, or the scenario cut it off.
        }
        catch (JsonException fault)
        {
            await ErrorAsync(http, Scenario.Status(400, message: $"The body is not JSON: {fault.Message}"));
        }
    }

    private async Task AnswerAsync(HttpContext http, RecordedRequest request)
    {
        switch (request.Method, request.Path.Split('?')[0])
        {
            case ("HEAD", _):
                break;
            case ("POST", "/v1/messages"):
                var scenario = request.AllMessages.Count > 0 ? Choose(request) : Scenario.Status(400, message: "messages: at least one message is required");
                if (scenario.IsCutAtOnce)
                {
                    http.Abort();
                    break;
                }

                foreach (var (name, value) in scenario.Headers)
                {
                    http.Response.Headers[name] = value;
                }

                if (scenario.ErrorStatus is not null)
                {
                    await ErrorAsync(http, scenario);
                    break;
                }

                var stream = new MessageStream(http, request, scenario, _options, _told);
                var streaming = request.Body.TryGetProperty("stream", out var wanted) && wanted.ValueKind == JsonValueKind.True;
                await (streaming ? stream.WriteEventsAsync(http.RequestAborted) : stream.WriteWholeAsync(http.RequestAborted));
                break;
            case ("POST", "/v1/messages/count_tokens"):
                await http.Response.WriteAsJsonAsync(new JsonObject { ["input_tokens"] = MessageStream.CountTokens(request) });
                break;
            default:
                await ErrorAsync(http, Scenario.Status(404, message: $"The simulator has no {request.Method} {request.Path}."));
                break;
        }
    }

    private Scenario Choose(RecordedRequest request)
    {
        lock (_gate)
        {
            if (_queue.TryDequeue(out var next))
            {
                return next;
            }

            foreach (var (match, scenario) in _rules)
            {
                if (match(request))
                {
                    return scenario;
                }
            }

            var text = request.LastUserText;
            if (request.BringsToolResult || !Directive.IsIn(text))
            {
                return new Scenario();
            }

            var attempt = _attempts[text] = _attempts.GetValueOrDefault(text) + 1;
            return Directive.Read(text, attempt) ?? new Scenario();
        }
    }

    private async Task<RecordedRequest> RecordAsync(HttpContext http)
    {
        JsonElement body = default;
        if (HttpMethods.IsPost(http.Request.Method))
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            body = document.RootElement.Clone();
        }

        var request = new RecordedRequest(
            http.Request.Method,
            http.Request.Path + http.Request.QueryString,
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body,
            TimeProvider.System.GetUtcNow())
        {
            Protocol = http.Request.Protocol,
            Connection = http.Connection.Id,
        };
        _log.Add(request);
        return request;
    }

    private static async Task ErrorAsync(HttpContext http, Scenario scenario)
    {
        http.Response.StatusCode = scenario.ErrorStatus!.Value;
        if (scenario.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var type = scenario.ErrorType ?? scenario.ErrorStatus switch
        {
            400 => "invalid_request_error",
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            _ => "api_error",
        };
        await http.Response.WriteAsJsonAsync(new JsonObject
        {
            ["type"] = "error",
            ["error"] = new JsonObject { ["type"] = type, ["message"] = scenario.ErrorMessage ?? $"Simulated {type}." },
        });
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
