using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Tests.Sandbox;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>Skills, agents and commands of a plugin that a profile names by its folder.</summary>
public sealed class PluginTests
{
    private static readonly Conversation s_coder = new() { Id = "c", Profile = "coder" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SandboxMode.None)]
    [InlineData(SandboxMode.Full)]
    public async Task The_model_has_its_skills_and_agents_and_no_others(SandboxMode sandbox)
    {
        if (sandbox != SandboxMode.None)
        {
            Skip.WithoutWalls(sandbox);
        }

        await using var host = await StartAsync(sandbox);
        host.Simulator.When(IsHelper, Scenario.Answer("helped"));
        host.Simulator.Says(
            request => !IsHelper(request),
            Scenario.ToolUse("Skill", """{"skill":"demo:greet"}"""),
            Scenario.ToolUse("Agent", """{"description":"help","prompt":"help me","subagent_type":"demo:helper","run_in_background":false}"""),
            Scenario.Answer("done"));

        var events = await host.RunAsync(s_coder, "go", Token);

        Assert.Equal("done", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.All(events.OfType<ToolFinished>(), tool => Assert.False(tool.IsError, tool.Summary));
        var requests = host.Simulator.MessageRequests;
        Assert.Contains("How to greet people", requests[0].Body.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("code-review", requests[0].Body.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(requests, request => request.Body.GetRawText().Contains("Bow three times", StringComparison.Ordinal));
        Assert.Contains(events.OfType<TaskUpdated>(), task => task.Agent == "demo:helper");
    }

    [Theory]
    [InlineData("/demo:hello")]
    [InlineData("/demo:greet")]
    [InlineData("/clear")]
    [InlineData("/reload-plugins")]
    public async Task A_users_text_calls_none_of_its_commands(string text)
    {
        await using var host = await StartAsync(SandboxMode.None);
        host.Simulator.When(_ => true, Scenario.Answer("only text"));

        var events = await host.RunAsync(s_coder with { History = [new HistoryMessage(HistoryRole.User, text), new HistoryMessage(HistoryRole.Assistant, "what?")] }, text, Token);

        Assert.Equal("only text", Assert.IsType<TurnCompleted>(events[^1]).Text);
        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal([text, "what?", text], seen.Messages.Select(message => message.Text));
        Assert.DoesNotContain("run this at once", seen.Body.GetRawText(), StringComparison.Ordinal);
    }

    private static bool IsHelper(RecordedRequest request) => request.SystemPrompt.Contains("a plugin's helper", StringComparison.Ordinal);

    private static Task<ClaudeHost> StartAsync(SandboxMode sandbox) => ClaudeHost.StartAsync(claude =>
    {
        var plugin = Path.Combine(claude.HomeDirectory!, "plugins", "demo");
        Put(plugin, ".claude-plugin/plugin.json", """{"name":"demo","version":"1.0.0","description":"A plugin for tests."}""");
        Put(plugin, "skills/greet/SKILL.md", "---\nname: greet\ndescription: How to greet people\n---\nBow three times.\n");
        Put(plugin, "agents/helper.md", "---\nname: helper\ndescription: Helps\n---\nYou are a plugin's helper.\n");
        Put(plugin, "commands/hello.md", "---\ndescription: Says hello\n---\nrun this at once\n");
        var coder = new AgentProfileOptions { Sandbox = sandbox };
        foreach (var tool in new[] { "Skill", "Agent", "Read" })
        {
            coder.Tools.Add(tool);
            coder.AllowedTools.Add(tool);
        }

        coder.Plugins.Add(plugin);
        claude.Profiles["coder"] = coder;
    });

    private static void Put(string folder, string file, string text)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
