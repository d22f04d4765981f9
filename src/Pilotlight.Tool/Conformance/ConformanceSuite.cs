using System.Diagnostics;
using System.Text.Json.Serialization;
using Pilotlight.Processes;
using Pilotlight.Simulator;
using Pilotlight.Wire;
using Pilotlight.Wire.Processes;

namespace Pilotlight.Tool.Conformance;

/// <summary>What a check has to work with.</summary>
internal sealed class CheckContext(string cli, string home, WarmPool pool, SimulatorServer simulator, Relay? relay)
{
    private readonly List<CliUnderTest> _started = [];
    private readonly List<WireProcess> _onWire = [];

    public SimulatorServer Simulator => simulator;

    public string Home => home;

    /// <summary>What all of the check's processes said.</summary>
    public IReadOnlyList<string> Lines => [.. _started.SelectMany(process => process.Lines)];

    /// <summary>Starts a process of the chat profile, or with further arguments one of an agent's.</summary>
    public async Task<CliUnderTest> StartAsync(CancellationToken cancellationToken, string tools = "", params string[] arguments)
    {
        var lease = await pool.AcquireAsync(
            new ProcessProfile
            {
                Name = "conformance",
                FileName = cli,
                Arguments =
                [
                    "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-partial-messages",
                    "--no-session-persistence", "--disable-slash-commands", "--setting-sources", "", "--strict-mcp-config",
                    "--model", "sonnet", "--tools", tools, .. arguments,
                ],
                WorkingDirectory = home,
                Environment = EnvironmentOf(relay?.Open()),
            },
            cancellationToken);
        var started = new CliUnderTest(lease);
        _started.Add(started);
        return started;
    }

    public async ValueTask StopAsync()
    {
        foreach (var process in _started)
        {
            await process.DisposeAsync();
        }

        _onWire.ForEach(process => process.Dispose());
    }

    private Dictionary<string, string> EnvironmentOf(WireProcess? wire)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
            ["HOME"] = home,
            ["CLAUDE_CONFIG_DIR"] = Path.Combine(home, "config"),
            ["ANTHROPIC_API_KEY"] = ConformanceSuite.Key,
            ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/'),
            ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
            ["DISABLE_AUTOUPDATER"] = "1",
            ["DISABLE_TELEMETRY"] = "1",
            ["DISABLE_ERROR_REPORTING"] = "1",
        };
        if (wire is not null)
        {
            _onWire.Add(wire);
            foreach (var (name, value) in wire.Environment)
            {
                variables[name] = value;
            }
        }

        return variables;
    }
}

/// <summary>One thing that we rely on.</summary>
/// <param name="Name">Short and stable; names the transcript too.</param>
/// <param name="Expectation">What must be so, in a sentence.</param>
/// <param name="RunAsync">Finds out; throws <see cref="DifferenceException"/> when it is not so.</param>
internal sealed record Check(string Name, string Expectation, Func<CheckContext, CancellationToken, Task> RunAsync);

/// <summary>How a check came out; <paramref name="Difference"/> is null when it is as expected.</summary>
internal sealed record CheckOutcome(string Name, string Expectation, string? Difference, int Milliseconds, [property: JsonIgnore] IReadOnlyList<string> Lines);

/// <summary>Runs the protocol against a CLI and the simulator. No key, no cost, nothing of the user's is read.</summary>
internal static class ConformanceSuite
{
    public const string Key = "sk-ant-not-a-real-key";

    private static readonly TimeSpan LongestCheck = TimeSpan.FromMinutes(1);

    /// <summary>Runs every check, one after the other, each on processes of its own.</summary>
    /// <param name="cli">The CLI's binary.</param>
    /// <param name="checks">What to look at.</param>
    /// <param name="isStraight">Whether the CLI calls the simulator by itself, and not through the relay.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<CheckOutcome> RunAsync(
        string cli, IEnumerable<Check> checks, bool isStraight, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: cancellationToken);
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var folder = Directory.CreateTempSubdirectory("pilotlight-wire-");
        try
        {
            await using var relay = isStraight ? null : new Relay(
                new WireOptions(), new RelaySetup { SocketPath = Path.Combine(folder.FullName, "w"), ApiKey = Key, BaseUrl = simulator.BaseAddress.ToString() });
            await (relay?.StartAsync(cancellationToken) ?? Task.CompletedTask);
            foreach (var check in checks)
            {
                simulator.Clear();
                yield return await RunAsync(check, cli, pool, simulator, relay, cancellationToken);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<CheckOutcome> RunAsync(
        Check check, string cli, WarmPool pool, SimulatorServer simulator, Relay? relay, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var home = Directory.CreateTempSubdirectory("pilotlight-conformance-");
        var context = new CheckContext(cli, home.FullName, pool, simulator, relay);
        string? difference = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestCheck);
        try
        {
            await check.RunAsync(context, limit.Token);
        }
        catch (DifferenceException found)
        {
            difference = found.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            difference = $"It did not come to an end within {LongestCheck.TotalSeconds} s.";
        }
        catch (Exception fault) when (fault is IOException or ProcessStartException or InvalidOperationException or TimeoutException)
        {
            difference = fault.Message;
        }
        finally
        {
            await context.StopAsync();
        }

        var outcome = new CheckOutcome(
            check.Name, check.Expectation, difference, (int)Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds,
            [.. context.Lines.Select(line => line.Replace(home.FullName, "/home/user", StringComparison.Ordinal))]);
        try
        {
            home.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A last write of a process that is ending; the system clears temporary folders.
        }

        return outcome;
    }
}
