using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>Agents that the model gives work to, with the real CLI.</summary>
public sealed class SubagentTests
{
    private const string Work = """{"description":"review it","prompt":"look at the file","subagent_type":"reviewer"}""";

    private static readonly Conversation s_coder = new() { Id = "c", Profile = "coder" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_of_the_profile_works_under_its_prompt_with_its_tools_on_its_model()
    {
        await using var host = await StartAsync();
        host.Simulator.When(IsReviewer, Scenario.Answer("All is well."));
        host.Simulator.Says(IsMain, Scenario.ToolUse("Agent", Work.Replace("}", ",\"run_in_background\":false}", StringComparison.Ordinal)), Scenario.Answer("done"));

        var events = await host.RunAsync(s_coder, "go", Token);

        Assert.Equal("done", Assert.IsType<TurnCompleted>(events[^1]).Text);
        var asked = host.Simulator.MessageRequests.Single(IsReviewer);
        Assert.Contains("haiku", asked.Model, StringComparison.Ordinal);
        Assert.Equal(["Read"], asked.Tools.Where(name => name != "DeferredToolPlaceholder"));
        Assert.Contains("All is well.", Assert.Single(events.OfType<ToolFinished>()).Result, StringComparison.Ordinal);
        var tasks = events.OfType<TaskUpdated>().ToArray();
        Assert.Equal(("agent", "reviewer", "review it", "running", false), (tasks[0].Kind, tasks[0].Agent, tasks[0].Description, tasks[0].Status, tasks[0].IsBackground));
        Assert.Equal(events.OfType<ToolStarted>().Single().ToolUseId, tasks[0].ToolUseId);
        Assert.Equal(("completed", "All is well."), (tasks[^1].Status, tasks[^1].Summary));
    }

    [Fact]
    public async Task A_turn_goes_on_until_those_in_the_background_have_reported_and_pays_for_them_once()
    {
        await using var host = await StartAsync();
        host.Simulator.When(IsReviewer, new Scenario { Text = "All is well.", FirstTokenDelay = TimeSpan.FromMilliseconds(300) });
        host.Simulator.Says(IsMain, Scenario.ToolUse("Agent", Work), Scenario.Answer("I have asked the reviewer."));
        host.Simulator.When(ScriptedAgent.BringsReport, Scenario.Answer("The reviewer says that all is well."));

        var events = await host.RunAsync(s_coder, "go", Token);

        var completed = Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Equal("I have asked the reviewer.\n\nThe reviewer says that all is well.", completed.Text);
        Assert.Equal(completed.Text, string.Concat(events.OfType<TextDelta>().Select(delta => delta.Text)));
        Assert.Equal(host.Simulator.Told.Sum(told => told.OutputTokens), completed.Usage.OutputTokens);
        var tasks = events.OfType<TaskUpdated>().ToArray();
        Assert.True(tasks[0].IsBackground);
        Assert.Equal("completed", tasks[^1].Status);

        host.Simulator.Clear();
        host.Simulator.Enqueue(Scenario.Answer("yes"));
        var next = await host.RunAsync(s_coder, "good?", Token);

        Assert.Equal(AcquireSource.Hot, Assert.Single(next.OfType<TurnStarted>()).Source);
        var after = Assert.IsType<TurnCompleted>(next[^1]);
        Assert.Equal("yes", after.Text);
        Assert.True(after.Usage.OutputTokens < completed.Usage.OutputTokens);
        Assert.Empty(next.OfType<TaskUpdated>());
    }

    [Fact]
    public async Task One_that_is_stopped_while_its_agent_works_ends_and_the_conversation_goes_on()
    {
        await using var host = await StartAsync();
        host.Simulator.When(IsReviewer, Scenario.Stall());
        const string Said = "I have asked the reviewer.";
        host.Simulator.Says(IsMain, Scenario.ToolUse("Agent", Work), Scenario.Answer(Said));
        using var stop = new CancellationTokenSource();
        var events = new List<TurnEvent>();

        await foreach (var turnEvent in host.Conversations.RunTurnAsync(s_coder, [new UserText("go")], stop.Token))
        {
            events.Add(turnEvent);
            if (string.Concat(events.OfType<TextDelta>().Select(delta => delta.Text)) == Said && !stop.IsCancellationRequested)
            {
                await host.Simulator.WaitForRequestAsync(IsReviewer, Token);
                await stop.CancelAsync();
            }
        }

        Assert.Equal(Said, Assert.IsType<TurnCancelled>(events[^1]).PartialText);
        host.Simulator.When(request => request.LastUserText.Contains("still there?", StringComparison.Ordinal), Scenario.Answer("here"));
        Assert.Equal("here", Assert.IsType<TurnCompleted>((await host.RunAsync(s_coder, "still there?", Token))[^1]).Text);
    }

    [Fact]
    public async Task What_became_of_a_program_in_the_background_is_told_with_the_next_turn()
    {
        await using var host = await StartAsync();
        host.Simulator.When(ScriptedAgent.BringsReport, Scenario.Answer("the program is over"));
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"sleep 1","description":"Run it","run_in_background":true}"""), Scenario.Answer("begun"));
        var first = await host.RunAsync(s_coder, "go", Token);
        Assert.Equal("begun", Assert.IsType<TurnCompleted>(first[^1]).Text);
        Assert.Equal("shell", first.OfType<TaskUpdated>().First().Kind);
        await host.Simulator.WaitForRequestAsync(ScriptedAgent.BringsReport, Token);

        host.Simulator.When(request => request.LastUserText.Contains("and?", StringComparison.Ordinal), Scenario.Answer("it is over"));
        var second = await host.RunAsync(s_coder, "and?", Token);

        Assert.Equal("completed", second.OfType<TaskUpdated>().Last().Status);
        Assert.Equal("it is over", Assert.IsType<TurnCompleted>(second[^1]).Text);
    }

    [Theory]
    [InlineData("reviewer", "when", "how", "Bash", "Agent")]
    [InlineData("re viewer", "when", "how", "Agent", "cannot be an agent's name")]
    [InlineData("reviewer", "", "how", "Agent", "needs a Description")]
    [InlineData("reviewer", "when", " ", "Agent", "needs a Description")]
    public async Task An_agent_that_could_not_be_called_stops_the_start(string name, string description, string prompt, string tool, string fault)
    {
        var refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => ClaudeHost.StartAsync(claude =>
        {
            var coder = new AgentProfileOptions();
            coder.Tools.Add(tool);
            coder.Agents[name] = new SubagentOptions { Description = description, Prompt = prompt };
            claude.Profiles["coder"] = coder;
        }));

        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
    }

    private static Task<ClaudeHost> StartAsync() => ClaudeHost.StartAsync(claude =>
    {
        var coder = new AgentProfileOptions();
        foreach (var tool in new[] { "Agent", "Bash", "Read" })
        {
            coder.Tools.Add(tool);
        }

        coder.AllowedTools.Add("Bash");
        var reviewer = new SubagentOptions { Description = "Reviews what was written", Prompt = "You are a strict reviewer.", Model = "haiku" };
        reviewer.Tools.Add("Read");
        coder.Agents["reviewer"] = reviewer;
        claude.Profiles["coder"] = coder;
    });

    private static bool IsReviewer(RecordedRequest request) => request.SystemPrompt.Contains("strict reviewer", StringComparison.Ordinal);

    private static bool IsMain(RecordedRequest request) => !IsReviewer(request);
}
