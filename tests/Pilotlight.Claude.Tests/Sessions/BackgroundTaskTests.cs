using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>A background task that ends has the CLI take a turn of its own, which is none of the user's.</summary>
public sealed class BackgroundTaskTests
{
    private static readonly Conversation Coder = new() { Id = "t", Profile = "coder" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_turn_asked_for_in_the_middle_of_it_gets_its_own_answer()
    {
        await using var host = await StartAsync();
        host.Simulator.When(IsNotice, new Scenario { Text = "the task is over", FirstTokenDelay = TimeSpan.FromSeconds(1) });
        await BeginTaskAsync(host);

        var events = await host.RunAsync(Coder, "second question", Token).WaitAsync(TimeSpan.FromMinutes(1), Token);

        var completed = Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Equal("the second answer", completed.Text);
        Assert.Equal("the second answer", string.Concat(events.OfType<TextDelta>().Select(delta => delta.Text)));
    }

    [Fact]
    public async Task One_that_is_taken_into_it_ends_with_it()
    {
        await using var host = await StartAsync();
        host.Simulator.When(IsNotice, Scenario.ToolUse("Bash", """{"command":"sleep 1"}""", text: "looking at the task"));
        await BeginTaskAsync(host);

        var events = await host.RunAsync(Coder, "second question", Token).WaitAsync(TimeSpan.FromMinutes(1), Token);

        Assert.Equal("the second answer", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.Equal("the second answer", string.Concat(events.OfType<TextDelta>().Select(delta => delta.Text)));
    }

    [Fact]
    public async Task One_that_is_stopped_in_the_middle_of_it_ends_and_the_conversation_goes_on()
    {
        await using var host = await StartAsync();
        host.Simulator.When(IsNotice, Scenario.Stall());
        await BeginTaskAsync(host);
        using var stop = new CancellationTokenSource();
        var events = new List<TurnEvent>();

        await foreach (var turnEvent in host.Conversations.RunTurnAsync(Coder, [new UserText("second question")], stop.Token))
        {
            events.Add(turnEvent);
            await stop.CancelAsync();
        }

        Assert.IsType<TurnCancelled>(events[^1]);
        Assert.Equal("the second answer", Assert.IsType<TurnCompleted>((await host.RunAsync(Coder, "second question", Token))[^1]).Text);
    }

    private static Task<ClaudeHost> StartAsync() => ClaudeHost.StartAsync(claude =>
    {
        var coder = new AgentProfileOptions();
        coder.Tools.Add("Bash");
        coder.AllowedTools.Add("Bash");
        claude.Profiles["coder"] = coder;
    });

    // Returns when the CLI has begun its own turn.
    private static async Task BeginTaskAsync(ClaudeHost host)
    {
        host.Simulator.When(
            request => request.Body.GetProperty("messages").GetRawText().Contains("second question", StringComparison.Ordinal), Scenario.Answer("the second answer"));
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"sleep 1","run_in_background":true}"""), Scenario.Answer("begun"));
        var first = await host.RunAsync(Coder, "begin", Token);
        Assert.Equal("begun", Assert.IsType<TurnCompleted>(first[^1]).Text);
        await host.Simulator.WaitForRequestAsync(IsNotice, Token).WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    private static bool IsNotice(RecordedRequest request) =>
        request.Messages is [.., var last] && last.Content.GetRawText().Contains("task-notification", StringComparison.Ordinal);
}
