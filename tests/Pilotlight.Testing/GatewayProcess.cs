using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Testing;

/// <summary>An event as a client got it.</summary>
public sealed record ClientEvent(long Id, string Type, JsonElement Data);

/// <summary>The product itself, as a process of its own: <c>pilotlight serve</c>.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayProcess(Process process, string data)
    {
        (_process, Data) = (process, data);
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Data { get; }

    public HttpClient Http { get; private set; } = null!;

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts it on a free port and waits until it listens.</summary>
    public static async Task<GatewayProcess> StartAsync(
        string data, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        var gateway = new GatewayProcess(Launch(["serve", "--urls", "http://127.0.0.1:0", "--data", data, .. arguments], environment), data);
        _ = gateway._process.WaitForExitAsync(cancellationToken).ContinueWith(
            _ => gateway._listening.TrySetException(new InvalidOperationException("The gateway ended: " + gateway.Output)), TaskScheduler.Default);
        gateway.Http = new HttpClient { BaseAddress = await gateway._listening.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken), Timeout = Timeout.InfiniteTimeSpan };
        return gateway;
    }

    /// <summary>Runs the tool to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string[] arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Launch(arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await error);
    }

    public async Task<string> CreateThreadAsync(CancellationToken cancellationToken, object? thread = null)
    {
        using var response = await Http.PostAsJsonAsync("/api/threads", thread ?? new { }, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => Http.GetFromJsonAsync<JsonElement>(path, cancellationToken);

    public async IAsyncEnumerable<ClientEvent> TurnAsync(
        string thread, string text, [EnumeratorCancellation] CancellationToken cancellationToken, Action<HttpResponseMessage>? look = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns") { Content = JsonContent.Create(new { text }) };
        await foreach (var item in StreamAsync(request, cancellationToken, look))
        {
            yield return item;
        }
    }

    public async IAsyncEnumerable<ClientEvent> JoinAsync(
        string thread, string turn, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/threads/{thread}/turns/{turn}/events");
        request.Headers.Add("Last-Event-ID", after.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await foreach (var item in StreamAsync(request, cancellationToken, null))
        {
            yield return item;
        }
    }

    /// <summary>Waits until a process is parked.</summary>
    public async Task WaitForWarmthAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var pool = await GetAsync("/api/pool", cancellationToken);
            if (pool.GetProperty("profiles").EnumerateArray().Any(profile => profile.GetProperty("parked").GetInt32() > 0))
            {
                return;
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>Asks it to stop, as an init system would, and returns its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("/bin/kill", ["-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await _process.WaitForExitAsync(cancellationToken);
        }

        return _process.ExitCode;
    }

    /// <summary>Ends it as a crash would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        Http.Dispose();
        _process.Dispose();
    }

    private async IAsyncEnumerable<ClientEvent> StreamAsync(
        HttpRequestMessage request, [EnumeratorCancellation] CancellationToken cancellationToken, Action<HttpResponseMessage>? look)
    {
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        look?.Invoke(response);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            using var data = JsonDocument.Parse(item.Data);
            yield return new ClientEvent(long.Parse(item.EventId!, System.Globalization.CultureInfo.InvariantCulture), item.EventType, data.RootElement.Clone());
        }
    }

    // An environment of its own: nothing of this machine, no key above all, reaches the product.
    private static Process Launch(string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "pilotlight.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = Path.GetTempPath();
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["Pilotlight__Claude__Path"] = RealCli.Path;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        const string Announcement = "Pilotlight is lit at ";
        if (line.StartsWith(Announcement, StringComparison.Ordinal))
        {
            _listening.TrySetResult(new Uri(line[Announcement.Length..]));
        }
    }
}
