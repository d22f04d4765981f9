using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>A turn that is stopped at a bad moment ends, and the conversation goes on.</summary>
public sealed class InterruptTests
{
    // The promise is a second; the rest is for a machine that has other things to do.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Before_the_cli_has_said_anything()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.When(request => request.LastUserText == "one", Scenario.Stall("never", afterTokens: 0));
        var conversation = new Conversation { Id = "t" };

        var stopped = await StopAtAsync(host, conversation, "one", turnEvent => turnEvent is TurnStarted);
        var next = await host.RunAsync(conversation, "two", Token).WaitAsync(Patience, Token);

        Assert.IsType<TurnCancelled>(stopped[^1]);
        Assert.Contains("two", Assert.IsType<TurnCompleted>(next[^1]).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_tool_runs_which_ends_too()
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var coder = new AgentProfileOptions();
            coder.Tools.Add("Bash");
            coder.AllowedTools.Add("Bash");
            claude.Profiles["coder"] = coder;
        });
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"exec tail --pid=1 -f /dev/null"}"""), Scenario.Answer("next"));
        var conversation = new Conversation { Id = "t", Profile = "coder" };
        using var toolIsUp = new CancellationTokenSource();
        _ = Task.Run(async () =>
        {
            while (!IsRunning("tail\0--pid=1"))
            {
                await Task.Delay(50, Token);
            }

            await toolIsUp.CancelAsync();
        }, Token);

        var stopped = await RunAsync(host, conversation, "use it", toolIsUp.Token);
        var next = await host.RunAsync(conversation, "go on", Token).WaitAsync(Patience, Token);

        Assert.IsType<TurnCancelled>(stopped[^1]);
        Assert.Equal("next", Assert.IsType<TurnCompleted>(next[^1]).Text);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Patience);
        while (IsRunning("tail\0--pid=1"))
        {
            await Task.Delay(50, limit.Token);
        }
    }

    [Fact]
    public async Task One_that_takes_no_interrupt_loses_its_process_and_the_next_turn_gets_another()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        host.Simulator.Enqueue(Scenario.Stall("one two three", afterTokens: 2), Scenario.Answer("next"));
        var conversation = new Conversation { Id = "t" };

        var stopped = await StopAtAsync(host, conversation, "one", turnEvent =>
        {
            if (turnEvent is not TextDelta)
            {
                return false;
            }

            var process = Assert.Single(host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes), row => row.IsLeased).ProcessId;
            using var stop = Process.Start("/bin/kill", ["-STOP", process.ToString(CultureInfo.InvariantCulture)]);
            return stop.WaitForExit(Patience);
        });

        Assert.StartsWith("one ", Assert.IsType<TurnCancelled>(stopped[^1]).PartialText, StringComparison.Ordinal);
        Assert.Empty(host.Conversations.CountHot());
        var next = await host.RunAsync(conversation, "two", Token).WaitAsync(Patience, Token);
        Assert.NotEqual(AcquireSource.Hot, Assert.IsType<TurnStarted>(next[0]).Source);
        Assert.Equal("next", Assert.IsType<TurnCompleted>(next[^1]).Text);
    }

    private static async Task<IReadOnlyList<TurnEvent>> StopAtAsync(ClaudeHost host, Conversation conversation, string text, Func<TurnEvent, bool> isTime)
    {
        using var stop = new CancellationTokenSource();
        return await RunAsync(host, conversation, text, stop.Token, turnEvent =>
        {
            if (isTime(turnEvent))
            {
                stop.Cancel();
            }
        });
    }

    private static async Task<IReadOnlyList<TurnEvent>> RunAsync(
        ClaudeHost host, Conversation conversation, string text, CancellationToken stop, Action<TurnEvent>? look = null)
    {
        return await CollectAsync().WaitAsync(Patience * 2, Token);

        async Task<IReadOnlyList<TurnEvent>> CollectAsync()
        {
            var events = new List<TurnEvent>();
            await foreach (var turnEvent in host.Conversations.RunTurnAsync(conversation, [new UserText(text)], stop))
            {
                events.Add(turnEvent);
                look?.Invoke(turnEvent);
            }

            return events;
        }
    }

    private static bool IsRunning(string commandLine) => Directory.GetDirectories("/proc").Any(folder =>
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(folder)[0])
                && Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "cmdline"))).StartsWith(commandLine, StringComparison.Ordinal);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
