using System.Diagnostics;
using Pilotlight.Claude.Installation;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Tool.Bench;

/// <summary>The figures of one way to get an answer.</summary>
/// <param name="Name">The way.</param>
/// <param name="FirstTokenMs">Milliseconds to the first token, one a run, in order.</param>
internal sealed record Series(string Name, string Explanation, List<double> FirstTokenMs)
{
    public double Median => Quantile(0.5);

    public double P95 => Quantile(0.95);

    private double Quantile(double share)
    {
        var sorted = FirstTokenMs.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[(int)Math.Ceiling((sorted.Length * share) - 0.0001) - 1];
    }
}

/// <summary>Measures the wait for the first token on this machine's CLI, each way in turn, so that drift hits all alike.</summary>
/// <param name="server">A gateway with the default pool.</param>
/// <param name="withoutPool">One that parks nothing.</param>
internal sealed class Benchmark(GatewayServer server, GatewayServer withoutPool)
{
    private const string Question = "Say something short.";

    public IReadOnlyList<Series> Series { get; } =
    [
        new("claude -p", "a process for the message, prompt on stdin: what most wrappers do", []),
        new("cold", "through a gateway without a pool", []),
        new("warm", "through the gateway, a new thread on a parked process", []),
        new("hot", "through the gateway, the second turn of the thread", []),
        new("replay", "through the gateway, a stored thread of five turns on a parked process", []),
        new("HTTP", "the API itself: the floor", []),
    ];

    public async Task RunAsync(int runs, Action<int> progress, CancellationToken cancellationToken)
    {
        using var client = new GatewayClient(server.Addresses[0]);
        using var cold = new GatewayClient(withoutPool.Addresses[0]);
        var stored = await StoreAsync(client, turns: 5, cancellationToken);
        for (var run = -1; run < runs; run++)
        {
            // The first round warms caches of all kinds, on every side, and is not counted.
            var into = run < 0 ? null : Series;
            Add(into, 0, await ClaudePrintAsync(cancellationToken));
            Add(into, 1, await TurnAsync(cold, await cold.CreateThreadAsync(null, cancellationToken), "cold", cancellationToken));
            await WaitForParkedAsync(client, cancellationToken);
            var thread = await client.CreateThreadAsync(null, cancellationToken);
            Add(into, 2, await TurnAsync(client, thread, "warm", cancellationToken));
            Add(into, 3, await TurnAsync(client, thread, "hot", cancellationToken));
            await WaitForParkedAsync(client, cancellationToken);
            await ForgetAsync(stored);
            Add(into, 4, await TurnAsync(client, stored, "warm", cancellationToken));
            Add(into, 5, await PlainHttpAsync(cancellationToken));
            progress(run + 1);
        }
    }

    private static void Add(IReadOnlyList<Series>? series, int index, double milliseconds) => series?[index].FirstTokenMs.Add(milliseconds);

    private static async Task<string> StoreAsync(GatewayClient client, int turns, CancellationToken cancellationToken)
    {
        var thread = await client.CreateThreadAsync(null, cancellationToken);
        for (var turn = 0; turn < turns; turn++)
        {
            await TurnAsync(client, thread, null, cancellationToken);
        }

        return thread;
    }

    private static async Task<double> TurnAsync(GatewayClient client, string thread, string? expected, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        double? first = null;
        string? source = null;
        await foreach (var turnEvent in client.RunTurnAsync(thread, Question, cancellationToken))
        {
            switch (turnEvent.Type)
            {
                case "turn.started":
                    source = turnEvent.Data.GetProperty("acquire").GetProperty("source").GetString();
                    break;
                case "text.delta":
                    first ??= Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
                    break;
                case "turn.failed":
                    throw new InvalidOperationException(turnEvent.Data.GetProperty("problem").GetProperty("detail").GetString());
            }
        }

        return expected is null || source == expected
            ? first ?? throw new InvalidOperationException("The answer had no text.")
            : throw new InvalidOperationException($"A turn that was to be {expected} was {source}: the figure would be told under the wrong name.");
    }

    private async Task<double> ClaudePrintAsync(CancellationToken cancellationToken)
    {
        var home = server.Services.GetRequiredService<ClaudeHome>();
        var path = server.Services.GetRequiredService<ClaudeCli>().Find(out _)!;
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home.WorkingDirectory,
        };
        string[] arguments =
        [
            "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--model", "sonnet", "--tools", "",
            "--strict-mcp-config", "--setting-sources", "", "--no-session-persistence", "--disable-slash-commands",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in home.CreateEnvironment())
        {
            start.Environment[name] = value;
        }

        var startedAt = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(Question);
        process.StandardInput.Close();
        double? first = null;
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (first is null && line.Contains("\"text_delta\"", StringComparison.Ordinal))
            {
                first = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
            }
        }

        await process.WaitForExitAsync(cancellationToken);
        return first ?? throw new InvalidOperationException("'claude -p' gave no text.");
    }

    private async Task<double> PlainHttpAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = server.Simulator!.BaseAddress };
        var startedAt = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = new StringContent($$"""{"model":"claude-sonnet","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"{{Question}}"}]}"""),
        };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains("text_delta", StringComparison.Ordinal))
            {
                return Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
            }
        }

        throw new InvalidOperationException("The simulator gave no text.");
    }

    private async Task ForgetAsync(string thread) =>
        await server.Services.GetRequiredService<Claude.Conversations.IClaudeConversations>().ForgetAsync(thread);

    private static async Task WaitForParkedAsync(GatewayClient client, CancellationToken cancellationToken)
    {
        while (true)
        {
            var pool = await client.GetAsync("/api/pool", cancellationToken);
            var chat = pool.GetProperty("profiles").EnumerateArray().First(profile => profile.GetProperty("name").GetString() == "chat");
            if (chat.GetProperty("parked").GetInt32() >= chat.GetProperty("target").GetInt32() && chat.GetProperty("starting").GetInt32() == 0)
            {
                // A parked process is still busy with its own start for a while; a user seldom comes in that moment.
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }
}
