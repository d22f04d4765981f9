using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Access;
using Pilotlight.Gateway.Access;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Tool.Tests;

/// <summary>What holds for every endpoint that there is, whoever adds one.</summary>
public sealed class EndpointTests : IAsyncLifetime
{
    private const int LargestBody = 32 * 1024 * 1024;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-endpoints-");
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private GatewayServer _server = null!;

    private CancellationToken Token => _limit.Token;

    public async ValueTask InitializeAsync()
    {
        _limit.CancelAfter(TimeSpan.FromMinutes(4));
        _server = await GatewayServer.StartAsync(new ServeSettings("http://127.0.0.1:0", _data.FullName, Simulate: false, ["--Pilotlight:Pool:MinIdle=0"], IsQuiet: true), Token);
        _http.BaseAddress = _server.Addresses[0];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _limit.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Every_endpoint_needs_a_key_or_says_why_not()
    {
        await KeyAsync(KeyLimits.None);
        var asked = 0;
        foreach (var endpoint in Endpoints())
        {
            var reason = endpoint.Metadata.GetMetadata<WithoutKey>()?.Reason;
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), Path(endpoint));
                if (method is "POST" or "PUT" or "PATCH")
                {
                    request.Content = JsonContent.Create(new { });
                }

                if (reason is not null)
                {
                    Assert.True(reason.Length > 10, $"{method} {endpoint.RoutePattern.RawText} says nothing of why it needs no key.");
                    continue;
                }

                using var response = await _http.SendAsync(request, Token);
                Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {endpoint.RoutePattern.RawText} answered {(int)response.StatusCode} without a key.");
                asked++;
            }
        }

        Assert.True(asked > 15, $"Only {asked} endpoints need a key.");
    }

    [Fact]
    public void Every_endpoint_has_a_limit_of_its_bodies()
    {
        foreach (var endpoint in Endpoints())
        {
            // Without one of its own the server's counts, which is smaller.
            var limit = endpoint.Metadata.GetMetadata<IRequestSizeLimitMetadata>();
            Assert.True(limit is null or { MaxRequestBodySize: <= LargestBody }, $"{endpoint.RoutePattern.RawText} takes bodies of any size.");
        }
    }

    [Fact]
    public async Task Every_endpoint_that_runs_a_turn_asks_whether_its_caller_may()
    {
        var key = await KeyAsync(new KeyLimits(Models: ["haiku"]));
        _http.DefaultRequestHeaders.Add("x-api-key", key);
        using var created = await _http.PostAsJsonAsync("/api/threads", new { model = "opus" }, Token);
        var messages = new[] { new { role = "user", content = "hi" } };

        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync($"{created.Headers.Location}/turns", new { text = "hi" }));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync("/v1/chat/completions", new { model = "opus", messages }));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync("/v1/messages", new { model = "opus", max_tokens = 5, messages }));

        async Task<HttpStatusCode> AskAsync(string path, object body)
        {
            using var response = await _http.PostAsJsonAsync(path, body, Token);
            return response.StatusCode;
        }
    }

    private async Task<string> KeyAsync(KeyLimits limits) =>
        (await _server.Services.GetRequiredService<KeyService>().CreateAsync("test", isAdmin: false, limits, Token)).Text;

    private IEnumerable<RouteEndpoint> Endpoints() => _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    private static string Path(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))));
}
