using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>Functions that are declared alone: the caller answers their calls.</summary>
public sealed class CallerToolTests
{
    private static readonly AIFunctionDeclaration Weather = Declare("weather");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_comes_to_the_caller_and_the_same_process_goes_on_with_his_answer()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(
            new Scenario
            {
                Text = "I look.",
                Tool = new ToolCall("mcp__functions__weather", """{"city":"Oslo"}"""),
                MoreTools = [new ToolCall("mcp__functions__weather", """{"city":"Rome"}""")],
            },
            Scenario.Answer("Rain and sun."));
        var options = new ChatOptions { ConversationId = "c", Tools = [Weather] };

        var asked = await host.ChatClient.GetResponseAsync("How is it?", options, Token);
        var calls = asked.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().ToArray();
        var answered = await host.ChatClient.GetResponseAsync(
            [new ChatMessage(ChatRole.Tool, [new FunctionResultContent(calls[0].CallId, "rain"), new FunctionResultContent(calls[1].CallId, "sun")])],
            options,
            Token);

        Assert.Equal(ChatFinishReason.ToolCalls, asked.FinishReason);
        Assert.Equal("I look.", asked.Text);
        Assert.All(calls, call => Assert.False(call.InformationalOnly));
        Assert.Equal(["Oslo", "Rome"], calls.Select(call => ((JsonElement)call.Arguments!["city"]!).GetString()));
        Assert.Equal("Rain and sun.", answered.Text);
        Assert.Equal("hot", answered.AdditionalProperties!["pilotlight.acquire"]);
        var results = host.Simulator.MessageRequests[1].Messages[^1].Content.EnumerateArray().ToArray();

        // The CLI lists results as they come in; a result belongs to its call by the id alone.
        Assert.Equal(2, results.Length);
        Assert.Contains("rain", ResultOf(calls[0]), StringComparison.Ordinal);
        Assert.Contains("sun", ResultOf(calls[1]), StringComparison.Ordinal);

        string ResultOf(FunctionCallContent call) =>
            Assert.Single(results, block => block.GetProperty("tool_use_id").GetString() == call.CallId).GetRawText();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_the_process_the_call_and_its_answer_are_replayed_as_they_were(bool named)
    {
        await using var host = await ClaudeHost.StartAsync(sessions: sessions => sessions.MaxHot = 0);
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}""", "I look."), Scenario.Answer("Rain."), Scenario.Answer("Bye."));
        var options = new ChatOptions { ConversationId = named ? "c" : null, Tools = [Weather] };
        var messages = new List<ChatMessage> { new(ChatRole.User, "How is it?") };

        var asked = await host.ChatClient.GetResponseAsync(messages, options, Token);
        messages.AddMessages(asked);
        var call = asked.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single();
        messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, "rain")]));
        var answered = await host.ChatClient.GetResponseAsync(named ? messages.TakeLast(1) : messages, options, Token);
        messages.AddMessages(answered);
        messages.Add(new ChatMessage(ChatRole.User, "Thanks."));
        await host.ChatClient.GetResponseAsync(named ? messages.TakeLast(1) : messages, options, Token);

        Assert.Equal("Rain.", answered.Text);
        Assert.Equal(
            ["user:text", "assistant:text,tool_use", "user:tool_result", "assistant:text", "user:text"],
            host.Simulator.MessageRequests[^1].Messages.Select(Shape));
        Assert.Equal("Oslo", host.Simulator.MessageRequests[^1].Messages[1].Content[1].GetProperty("input").GetProperty("city").GetString());
    }

    [Fact]
    public async Task Someone_who_says_something_else_instead_of_answering_is_heard()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__weather", "{}"), Scenario.Answer("Never mind."));
        var options = new ChatOptions { ConversationId = "c", Tools = [Weather] };
        await host.ChatClient.GetResponseAsync("How is it?", options, Token);

        var other = await host.ChatClient.GetResponseAsync("Forget it.", options, Token);

        Assert.Equal("Never mind.", other.Text);
        Assert.EndsWith("Forget it.", host.Simulator.MessageRequests[^1].LastUserText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Functions_that_run_here_and_functions_that_do_not_can_be_called_together()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(
            Scenario.ToolUses(new ToolCall("mcp__functions__now", "{}"), new ToolCall("mcp__functions__weather", "{}")), Scenario.Answer("Noon, rain."));
        var options = new ChatOptions { ConversationId = "c", Tools = [Weather, AIFunctionFactory.Create(() => "noon", "now")] };

        var asked = await host.ChatClient.GetResponseAsync("How is it?", options, Token);
        var call = Assert.Single(
            asked.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>(), call => !call.InformationalOnly);
        var answered = await host.ChatClient.GetResponseAsync(
            [new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, "rain")])], options, Token);

        Assert.Equal("weather", call.Name);
        Assert.Equal("noon", asked.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single().Result?.ToString());
        Assert.Equal("Noon, rain.", answered.Text);
    }

    private static string Shape(RecordedMessage message) => $"{message.Role}:" + (message.Content.ValueKind == JsonValueKind.String
        ? "text"
        : string.Join(',', message.Content.EnumerateArray().Select(block => block.GetProperty("type").GetString())));

    private static AIFunctionDeclaration Declare(string name) => AIFunctionFactory.CreateDeclaration(
        name, "Says how the weather is.", JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"}}}"""));
}
