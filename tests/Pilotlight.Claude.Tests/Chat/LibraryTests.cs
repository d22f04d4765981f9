using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Hooks;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Chat;

/// <summary>What <c>docs/library.md</c> and <c>docs/abilities.md</c> say is so.</summary>
public sealed partial class LibraryTests
{
    [Fact]
    [SuppressMessage("Usage", "xUnit1051", Justification = "The calls stand here as the documentation writes them.")]
    public async Task The_documented_calls_work()
    {
        var stop = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("pilotlight-docs-").FullName;
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var coder = new AgentProfileOptions { WorkingDirectory = folder };
            coder.Tools.Add("Bash");
            coder.CanUseTool = (request, cancellationToken) => ValueTask.FromResult(
                request.Input.GetProperty("command").GetString() == "ls" ? ToolDecision.Allow() : ToolDecision.Deny("Only looking."));
            coder.Hooks.Add(new Hook(HookEvent.PreToolUse, (input, cancellationToken) => ValueTask.FromResult(HookOutcome.Continue), "Bash"));
            claude.Profiles["coder"] = coder;
        });
        var chat = host.ChatClient;
        var conversations = host.Conversations;
        using var output = new StringWriter();
        var answer = "";
        host.Simulator.Enqueue(
            Scenario.Answer("A loan."), Scenario.Answer("A question and its answer."), Scenario.Answer("Hello."), Scenario.Answer("Ada."),
            Scenario.ToolUse("mcp__functions__time", "{}"), Scenario.Answer("It is noon."),
            Scenario.ToolUse("StructuredOutput", """{"name":"Ada"}"""),
            Scenario.ToolUse("Bash", """{"command":"touch here"}"""), Scenario.Answer("Nothing."), Scenario.Answer("Hi."));

        var response = await chat.GetResponseAsync("What is a lease?");
        await foreach (var update in chat.GetStreamingResponseAsync("And a turn?"))
        {
            output.Write(update.Text);
        }

        var options = new ChatOptions { ConversationId = "support-17" };
        await chat.GetResponseAsync("My name is Ada.", options);
        await chat.GetResponseAsync("What is my name?", options);
        options.Tools = [AIFunctionFactory.Create(() => "noon", "time", "Says what time it is.")];
        var timed = await chat.GetResponseAsync("What time is it?", options);
        var person = await chat.GetResponseAsync<Person>("Who wrote the first program?");
        var listed = await chat.GetResponseAsync("What is here?", new ChatOptions().UseProfile("coder"));
        await foreach (var turnEvent in conversations.RunTurnAsync(new Conversation { Id = "support-18" }, [new UserText("hi")], stop))
        {
            answer = turnEvent switch { TextReset => "", TextDelta delta => answer + delta.Text, _ => answer };
        }

        Assert.Equal("A loan.", response.Text);
        Assert.Equal("A question and its answer.", output.ToString());
        Assert.EndsWith("It is noon.", timed.Text, StringComparison.Ordinal);
        Assert.Equal("Ada", person.Result.Name);
        Assert.Equal("Nothing.", listed.Messages[^1].Text);
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Equal("Hi.", answer);
        Directory.Delete(folder);
    }

    [Fact]
    public void One_line_adds_it_to_a_host()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddClaudeCode(options => options.Model = "sonnet");

        Assert.Contains(builder.Services, service => service.ServiceType == typeof(IChatClient));
    }

    [Fact]
    public void Every_snippet_of_the_documentation_is_compiled_here()
    {
        var source = Squeeze(File.ReadAllText(Path.Combine(
            RealCli.RepositoryRoot, "tests", "Pilotlight.Claude.Tests", "Chat", "LibraryTests.cs")));
        var snippets = Snippet().Matches(File.ReadAllText(Path.Combine(RealCli.RepositoryRoot, "docs", "library.md")));

        Assert.NotEmpty(snippets);
        Assert.All(snippets, snippet => Assert.Contains(Squeeze(snippet.Groups["code"].Value), source, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_test_that_the_abilities_name_exists()
    {
        var named = NamedTest().Matches(File.ReadAllText(Path.Combine(RealCli.RepositoryRoot, "docs", "abilities.md")));
        var tests = typeof(LibraryTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Select(method => $"{type.Name}.{method.Name}")).ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name.Groups["test"].Value, tests));
    }

    private static string Squeeze(string code) => Blank().Replace(code, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"`(?<test>\w+Tests\.\w+)`")]
    private static partial Regex NamedTest();

    private sealed record Person(string Name);
}
