using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Pilotlight.Simulator;

namespace Pilotlight.Testing;

/// <summary>An event as a client got it.</summary>
public sealed record ClientEvent(long Id, string Type, JsonElement Data)
{
    /// <summary>Whether it ends its turn.</summary>
    public bool IsEnd => Type is "turn.completed" or "turn.failed" or "turn.cancelled";

    /// <summary>What a stream said.</summary>
    public static string TextOf(IEnumerable<ClientEvent> events) =>
        string.Concat(events.Where(item => item.Type == "text.delta").Select(item => item.Data.GetProperty("text").GetString()));
}

/// <summary>The product itself, as a process of its own: <c>pilotlight serve</c>.</summary>
/// <remarks>Nothing here waits for ever: what takes longer than its limit is killed, and fails with what the process had said.</remarks>
public sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>The setting for a process that is parked from the start. Without a word about the pool none is: it would cost more than most tests do.</summary>
    public const string OneParked = "--Pilotlight:Pool:MinIdle=1";

    /// <summary>What a gateway of <see cref="StartOnAsync"/> shows the simulator for a key.</summary>
    public const string SimulatedKey = "sk-ant-not-a-real-key";

    private static readonly string[] NoneParked = ["--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0"];

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(20);

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

    /// <summary>Starts one that asks a simulator of the test's, with a key that is none.</summary>
    public static Task<GatewayProcess> StartOnAsync(SimulatorServer simulator, string data, CancellationToken cancellationToken, params string[] arguments) => StartAsync(
        data,
        cancellationToken,
        new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = SimulatedKey, ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/') },
        arguments);

    /// <summary>Starts it on a free port and waits until it listens.</summary>
    public static Task<GatewayProcess> StartAsync(
        string data, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments) =>
        StartAsync(["dotnet", ToolUnderTest.Path], data, cancellationToken, environment, arguments);

    /// <summary>Starts another build of it, or in another way, on a free port, and waits until it listens.</summary>
    public static async Task<GatewayProcess> StartAsync(
        string[] command, string data, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment, string[] arguments)
    {
        // Arguments that come later win: a test may name its own address. Calls go through the CLI, which most tests are about, unless
        // one asks for the direct way.
        string[] address = arguments.Contains("--urls") ? [] : ["--urls", "http://127.0.0.1:0"];
        string[] parked = arguments.Any(argument => argument.StartsWith("--Pilotlight:Pool:", StringComparison.Ordinal)) ? [] : NoneParked;
        var gateway = new GatewayProcess(Launch(command, ["serve", "--data", data, .. address, .. parked, "--Pilotlight:Wire:Direct=Never", .. arguments], environment), data);
        _ = gateway._process.WaitForExitAsync(CancellationToken.None).ContinueWith(
            _ => gateway._listening.TrySetException(new InvalidOperationException("The gateway ended: " + gateway.Output)), TaskScheduler.Default);
        try
        {
            var listening = await gateway._listening.Task.WaitAsync(StartLimit, cancellationToken);
            gateway.Http = new HttpClient { BaseAddress = listening, Timeout = CallLimit };
            return gateway;
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            gateway.KillTree();
            throw new TimeoutException($"The gateway did not listen in {StartLimit}. It said: {gateway.Output}", fault);
        }
    }

    /// <summary>Runs the tool to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string[] arguments,
        CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? environment = null,
        string? input = null)
    {
        using var process = Launch(["dotnet", ToolUnderTest.Path], arguments, environment);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
        }

        process.StandardInput.Close();
        var (output, error) = (new StringBuilder(), new StringBuilder());
        var reading = Task.WhenAll(CopyAsync(process.StandardOutput, output), CopyAsync(process.StandardError, error));
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(CallLimit, cancellationToken);

            // A process that was left behind would hold the pipes open.
            await reading.WaitAsync(OutputLimit, cancellationToken);
            return (process.ExitCode, Read(output), Read(error));
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            var state = process.HasExited ? "ended, but left its output open" : "did not end";
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{string.Join(' ', arguments)}' {state}. It said: {Read(output)}{Read(error)}", fault);
        }

        static async Task CopyAsync(StreamReader from, StringBuilder to)
        {
            var buffer = new char[4096];
            int read;
            while ((read = await from.ReadAsync(buffer)) > 0)
            {
                lock (to)
                {
                    to.Append(buffer, 0, read);
                }
            }
        }

        static string Read(StringBuilder text)
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }

    public async Task<string> CreateThreadAsync(CancellationToken cancellationToken, object? thread = null)
    {
        using var response = await Http.PostAsJsonAsync("/api/threads", thread ?? new { }, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => Http.GetFromJsonAsync<JsonElement>(path, cancellationToken);

    public async IAsyncEnumerable<ClientEvent> TurnAsync(
        string thread, string text, [EnumeratorCancellation] CancellationToken cancellationToken, Action<HttpResponseMessage>? look = null, object? attachments = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns")
        {
            Content = attachments is null ? JsonContent.Create(new { text }) : JsonContent.Create(new { text, attachments }),
        };
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
    public Task WaitForWarmthAsync(CancellationToken cancellationToken) => WaitForAsync(
        pool => pool.GetProperty("profiles").EnumerateArray().Any(profile => profile.GetProperty("parked").GetInt32() > 0), cancellationToken);

    /// <summary>Waits until the pool is as described.</summary>
    public async Task WaitForAsync(Func<JsonElement, bool> pool, CancellationToken cancellationToken)
    {
        using var limit = Limited(cancellationToken);
        JsonElement seen = default;
        try
        {
            while (!pool(seen = await GetAsync("/api/pool", limit.Token)))
            {
                await Task.Delay(20, limit.Token);
            }
        }
        catch (OperationCanceledException late)
        {
            throw Late($"The pool did not come to be as awaited; it was {seen}", late);
        }
    }

    /// <summary>Waits until it has said something.</summary>
    public async Task WaitForOutputAsync(string text, CancellationToken cancellationToken)
    {
        using var limit = Limited(cancellationToken);
        try
        {
            while (!Output.Contains(text, StringComparison.Ordinal))
            {
                await Task.Delay(20, limit.Token);
            }
        }
        catch (OperationCanceledException late)
        {
            throw Late($"The gateway did not say '{text}'", late);
        }
    }

    /// <summary>Asks it to stop, as an init system would, and returns its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("/bin/kill", ["-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        }

        try
        {
            // Not WaitForExitAsync alone: it also waits for the end of the output, which a process left behind would hold open.
            await _process.WaitForExitAsync(cancellationToken).WaitAsync(StopLimit, cancellationToken);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            var state = _process.HasExited ? "ended, but left its output open" : $"did not end in {StopLimit}";
            KillTree();
            throw Late($"The gateway {state} when it was asked to stop", late);
        }

        return _process.ExitCode;
    }

    /// <summary>Ends it as a crash would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(StopLimit);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(CancellationToken.None);
        }
        finally
        {
            Http.Dispose();
            _process.Dispose();
        }
    }

    private static CancellationTokenSource Limited(CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallLimit);
        return limit;
    }

    private TimeoutException Late(string what, Exception late) => new($"{what}. It said: {Output}", late);

    private void KillTree()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private async IAsyncEnumerable<ClientEvent> StreamAsync(
        HttpRequestMessage request, [EnumeratorCancellation] CancellationToken cancellationToken, Action<HttpResponseMessage>? look)
    {
        using var limit = Limited(cancellationToken);
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        look?.Invoke(response);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
        await using var events = SseParser.Create(stream).EnumerateAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        while (await NextAsync())
        {
            using var data = JsonDocument.Parse(events.Current.Data);
            yield return new ClientEvent(
                long.Parse(events.Current.EventId!, System.Globalization.CultureInfo.InvariantCulture), events.Current.EventType, data.RootElement.Clone());
        }

        async ValueTask<bool> NextAsync()
        {
            try
            {
                return await events.MoveNextAsync();
            }
            catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
            {
                throw Late($"The turn did not end in {CallLimit}", late);
            }
        }
    }

    // An environment of its own: nothing of this machine, no key above all, reaches the product.
    private static Process Launch(string[] command, string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in (string[])[.. command[1..], .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        Isolate(start);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Gives the tool nothing of this environment but where programs are, the pinned CLI, and no API.</summary>
    internal static void Isolate(ProcessStartInfo start)
    {
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = Path.GetTempPath();
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0"; // None lives long enough for its profile to pay.
        start.Environment["Pilotlight__Claude__Path"] = RealCli.Path;
        start.Environment["Pilotlight__Pool__MinIdle"] = "1"; // One conversation is all that most tests begin.

        // A test that names no API of its own reaches none.
        start.Environment["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9";
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
