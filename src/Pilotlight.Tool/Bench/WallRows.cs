using System.Diagnostics;
using System.Globalization;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Bench;

/// <summary>Starts processes of a plain profile and of a walled one by turns, and takes two turns on each.</summary>
/// <remarks>Nothing is parked, so that each start is one that can be timed, from the request to a process that could be parked.</remarks>
internal sealed class WallRows(string? cli)
{
    private static readonly string[] s_profiles = ["plain", "walled"];

    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(700);

    public WallCosts Costs { get; } = new();

    /// <exception cref="StartException">The machine gives no walls; says what to install.</exception>
    public async Task RunAsync(int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || SandboxSupport.Problem(SandboxMode.Full) is not null)
        {
            throw new StartException($"There are no walls to be measured: {(OperatingSystem.IsLinux() ? SandboxSupport.Problem(SandboxMode.Full) : "they need Linux")}.");
        }

        var folder = Directory.CreateTempSubdirectory("pilotlight-bench-");
        await using (var server = await GatewayServer.StartAsync(
            new ServeSettings(
                "http://127.0.0.1:0", folder.FullName, Simulate: true,
                [
                    "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0", "--Pilotlight:Claude:Profiles:plain:Tools:0=Bash",
                    "--Pilotlight:Claude:Profiles:walled:Tools:0=Bash", "--Pilotlight:Claude:Profiles:walled:Sandbox=Full",
                ],
                IsQuiet: true,
                cli),
            cancellationToken))
        {
            var conversations = server.Services.GetRequiredService<IClaudeConversations>();
            var pool = server.Services.GetRequiredService<WarmPool>();
            for (var run = 0; run <= runs; run++)
            {
                // Each is first in every other round: what the first leaves in caches is the second's gain.
                foreach (var profile in run % 2 == 0 ? s_profiles : s_profiles.Reverse())
                {
                    progress(run == 0 ? $"{profile}, to warm up" : $"{profile}, round {run} of {runs}");
                    await MeasureAsync(conversations, pool, profile, run, cancellationToken);
                }
            }
        }

        folder.Delete(recursive: true);
    }

    private async Task MeasureAsync(IClaudeConversations conversations, WarmPool pool, string profile, int run, CancellationToken cancellationToken)
    {
        var conversation = new Conversation { Id = string.Create(CultureInfo.InvariantCulture, $"{profile}-{run}"), Profile = profile };
        var startedAt = Stopwatch.GetTimestamp();
        await conversations.WarmAsync(conversation, cancellationToken);
        var started = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
        await Task.Delay(s_rest, cancellationToken);
        var first = await AskAsync(conversations, conversation, cancellationToken);
        await Task.Delay(s_rest, cancellationToken);
        var next = await AskAsync(conversations, conversation, cancellationToken);
        await Task.Delay(s_rest, cancellationToken);
        var process = pool.GetSnapshot().Profiles.SelectMany(row => row.Processes).Single(row => row.IsLeased).ProcessId;
        var memory = ProcessProbe.ProportionalSetSizeOfTree(process);
        await conversations.ForgetAsync(conversation.Id, cancellationToken);
        if (run > 0)
        {
            Costs.Add(profile == "walled", started, first, next, memory);
        }
    }

    private static async Task<double> AskAsync(IClaudeConversations conversations, Conversation conversation, CancellationToken cancellationToken)
    {
        await foreach (var turnEvent in conversations.RunTurnAsync(conversation, [new UserText(Benchmark.Question)], cancellationToken))
        {
            switch (turnEvent)
            {
                case TurnCompleted { TimeToFirstToken: { } first }:
                    return first.TotalMilliseconds;
                case TurnFailed failed:
                    throw new InvalidOperationException(failed.Error.Message);
            }
        }

        throw new InvalidOperationException("A turn had no text.");
    }
}
