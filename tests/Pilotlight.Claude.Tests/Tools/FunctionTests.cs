using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>.NET functions called by the model, through the real CLI.</summary>
public sealed class FunctionTests
{
    private static readonly AIFunction Add = AIFunctionFactory.Create(
        ([Description("The first.")] int a, int b) => a + b, "add", "Adds two numbers.");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_model_calls_a_function_and_sees_what_it_returned()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        host.Simulator.Enqueue(
            Scenario.ToolUse("mcp__functions__add", """{"a":2,"b":3}""", "I add."), Scenario.Answer("It is 5."));
        await host.WaitForWarmthAsync(Token);

        var response = await host.ChatClient.GetResponseAsync("2 and 3?", new ChatOptions { Tools = [Add] }, Token);

        Assert.Equal("I add.\nIt is 5.", response.Text);
        Assert.Equal("warm", response.AdditionalProperties!["pilotlight.acquire"]);
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], response.Messages.Select(message => message.Role));
        var call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.True(call.InformationalOnly);
        Assert.Equal("add", call.Name);
        Assert.Equal(3, ((JsonElement)call.Arguments!["b"]!).GetInt32());
        var result = Assert.Single(response.Messages[1].Contents.OfType<FunctionResultContent>());
        Assert.Equal(call.CallId, result.CallId);
        Assert.Equal(5, ((JsonElement)result.Result!).GetInt32());
        var seen = host.Simulator.MessageRequests;
        Assert.Equal(["mcp__functions__add"], seen[0].Tools);
        var offered = seen[0].Body.GetProperty("tools")[0];
        Assert.Equal("Adds two numbers.", offered.GetProperty("description").GetString());
        Assert.Equal("The first.", offered.GetProperty("input_schema").GetProperty("properties").GetProperty("a").GetProperty("description").GetString());
        Assert.Equal("5", ToolResult(seen[1]).GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_hot_conversation_calls_the_functions_of_its_latest_turn()
    {
        await using var host = await ClaudeHost.StartAsync();
        var calls = new List<string>();
        var options = new ChatOptions { ConversationId = "c" };
        foreach (var turn in new[] { "first", "second" })
        {
            host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__note", "{}"), Scenario.Answer("done"));
            options.Tools = [AIFunctionFactory.Create(() => calls.Add(turn), "note")];
            var response = await host.ChatClient.GetResponseAsync("go", options, Token);

            Assert.Equal(turn == "second", response.AdditionalProperties!["pilotlight.acquire"] is "hot");
        }

        Assert.Equal(["first", "second"], calls);
    }

    [Fact]
    public async Task Other_functions_than_a_process_knows_reach_the_model_and_the_old_ones_are_gone()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Answer("first"), Scenario.ToolUse("mcp__functions__add", """{"a":1,"b":1}"""), Scenario.Answer("second"));
        var options = new ChatOptions { ConversationId = "c", Tools = [Add] };
        await host.ChatClient.GetResponseAsync("one", options, Token);

        options.Tools = [AIFunctionFactory.Create(() => "noon", "time")];
        var response = await host.ChatClient.GetResponseAsync("two", options, Token);

        Assert.Equal(["mcp__functions__time"], host.Simulator.MessageRequests[1].Tools);
        Assert.Equal(["one", "first", "two"], host.Simulator.MessageRequests[1].Messages.Select(message => message.Text));
        Assert.True(ToolResult(host.Simulator.MessageRequests[2]).GetProperty("is_error").GetBoolean());
        Assert.Equal("second", response.Text);
    }

    [Fact]
    public async Task A_function_that_throws_is_an_error_to_the_model_without_its_words()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__fail", "{}"), Scenario.Answer("a pity"));
        var fail = AIFunctionFactory.Create(string () => throw new InvalidOperationException("the-password-is-swordfish"), "fail");

        var response = await host.ChatClient.GetResponseAsync("go", new ChatOptions { Tools = [fail] }, Token);

        Assert.Equal("a pity", response.Text);
        var told = ToolResult(host.Simulator.MessageRequests[1]);
        Assert.True(told.GetProperty("is_error").GetBoolean());
        Assert.Equal("The function 'fail' failed.", told.GetProperty("content").GetString());
        Assert.DoesNotContain("swordfish", host.Simulator.MessageRequests[1].Body.GetRawText(), StringComparison.Ordinal);
        var result = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>());
        Assert.IsType<InvalidOperationException>(result.Exception);
    }

    [Fact]
    public async Task A_function_may_return_objects_and_images()
    {
        await using var host = await ClaudeHost.StartAsync();
        var pixel = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        host.Simulator.Enqueue(
            Scenario.ToolUses(new ToolCall("mcp__functions__look", "{}"), new ToolCall("mcp__functions__ask", "{}")), Scenario.Answer("seen"));
        var look = AIFunctionFactory.Create(AIContent[] () => [new TextContent("a dot"), new DataContent(pixel, "image/png")], "look");
        var ask = AIFunctionFactory.Create(() => new { Name = "Ada" }, "ask");

        await host.ChatClient.GetResponseAsync("look", new ChatOptions { Tools = [look, ask] }, Token);

        var results = host.Simulator.MessageRequests[1].Messages[^1].Content.EnumerateArray().ToArray();
        Assert.Equal(["text", "image"], results[0].GetProperty("content").EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal("""{"name":"Ada"}""", results[1].GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Cancelling_the_call_cancels_the_function()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__wait", "{}"), Scenario.Answer("never"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var cancelled = new TaskCompletionSource();
        var wait = AIFunctionFactory.Create(
            async (CancellationToken cancellationToken) =>
            {
                cancellationToken.Register(() => cancelled.TrySetResult());
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            },
            "wait");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.ChatClient.GetResponseAsync(
            "go", new ChatOptions { Tools = [wait] }, stop.Token));

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task A_function_that_ignores_its_cancellation_holds_up_neither_the_call_nor_the_stop()
    {
        var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__wait", "{}"), Scenario.Answer("never"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var end = new TaskCompletionSource();
        var wait = AIFunctionFactory.Create(
            async () =>
            {
                await stop.CancelAsync();
                await end.Task;
            },
            "wait");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.ChatClient.GetResponseAsync(
            "go", new ChatOptions { ConversationId = "c", Tools = [wait] }, stop.Token));
        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.False(end.Task.IsCompleted);
        end.SetResult();
    }

    [Fact]
    public async Task A_function_knows_its_call_and_the_hosts_services()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__who", "{}"), Scenario.Answer("ok"));
        FunctionCall? call = null;
        IClaudeConversations? service = null;
        var who = AIFunctionFactory.Create(
            (AIFunctionArguments arguments) =>
            {
                call = (FunctionCall)arguments.Context![typeof(FunctionCall)]!;
                service = (IClaudeConversations?)arguments.Services?.GetService(typeof(IClaudeConversations));
            },
            "who");

        var response = await host.ChatClient.GetResponseAsync("go", new ChatOptions { ConversationId = "c", Tools = [who] }, Token);

        Assert.Equal("c", call?.ConversationId);
        Assert.Equal(response.Messages[0].Contents.OfType<FunctionCallContent>().Single().CallId, call?.ToolUseId);
        Assert.Same(host.Conversations, service);
    }

    [Fact]
    public async Task Functions_of_a_profile_are_offered_to_its_conversations()
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var adder = new AgentProfileOptions();
            adder.Functions.Add(Add);
            claude.Profiles["adder"] = adder;
        });
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__add", """{"a":2,"b":3}"""), Scenario.Answer("5"), Scenario.Answer("none"));

        var with = await host.RunAsync(new Conversation { Id = "a", Profile = "adder" }, "2 and 3?", Token);
        await host.RunAsync(new Conversation { Id = "b" }, "2 and 3?", Token);

        Assert.False(Assert.Single(with.OfType<ToolFinished>()).IsError);
        Assert.Equal("5", with.OfType<ToolFinished>().Single().Summary);
        Assert.Empty(host.Simulator.MessageRequests[^1].Tools);
    }

    [Fact]
    public async Task A_function_that_needs_approval_runs_when_the_profile_gives_it()
    {
        var asked = new List<ToolPermissionRequest>();
        await using var host = await ClaudeHost.StartAsync(claude => claude.Profiles["careful"] = new AgentProfileOptions
        {
            CanUseTool = (request, _) =>
            {
                asked.Add(request);
                return ValueTask.FromResult(request.Input.GetProperty("a").GetInt32() == 1 ? ToolDecision.Allow() : ToolDecision.Deny("Only ones."));
            },
        });
        host.Simulator.Enqueue(
            Scenario.ToolUse("mcp__functions__add", """{"a":1,"b":1}"""), Scenario.ToolUse("mcp__functions__add", """{"a":2,"b":2}"""), Scenario.Answer("ok"));
        var options = new ChatOptions { Tools = [new ApprovalRequiredAIFunction(Add)] };

        var fault = await Assert.ThrowsAsync<ClaudeException>(() => host.ChatClient.GetResponseAsync("add", options, Token));
        await host.ChatClient.GetResponseAsync("add", options.UseProfile("careful"), Token);

        Assert.Contains("needs approval", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["mcp__functions__add", "mcp__functions__add"], asked.Select(request => request.ToolName));
        Assert.Equal("2", ToolResult(host.Simulator.MessageRequests[1]).GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("Only ones.", ToolResult(host.Simulator.MessageRequests[2]).GetProperty("content").GetString());
    }

    [Fact]
    public async Task Tool_mode_none_offers_nothing()
    {
        await using var host = await ClaudeHost.StartAsync();

        await host.ChatClient.GetResponseAsync("hi", new ChatOptions { Tools = [Add], ToolMode = ChatToolMode.None }, Token);

        Assert.Empty(Assert.Single(host.Simulator.MessageRequests).Tools);
    }

    private static JsonElement ToolResult(RecordedRequest request) =>
        request.Messages[^1].Content.EnumerateArray().First(block => block.GetProperty("type").GetString() == "tool_result");
}
