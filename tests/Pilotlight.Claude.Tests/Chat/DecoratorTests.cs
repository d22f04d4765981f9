using System.Diagnostics;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Chat;

/// <summary>Under the decorators of Microsoft.Extensions.AI and as an agent of Microsoft.Agents.AI.</summary>
public sealed class DecoratorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logging_says_what_was_called()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        var logs = new FakeLoggerProvider();
        using var factory = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
        var client = host.ChatClient.AsBuilder().UseLogging(factory).Build();

        await client.GetResponseAsync("hello", cancellationToken: Token);
        await client.GetStreamingResponseAsync("hello", cancellationToken: Token).ToListAsync(Token);

        var messages = logs.Collector.GetSnapshot().Select(record => record.Message).ToArray();
        Assert.Contains(messages, message => message.StartsWith("GetResponseAsync completed", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.StartsWith("GetStreamingResponseAsync completed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenTelemetry_traces_the_call_with_provider_model_and_tokens()
    {
        await using var host = await ClaudeHost.StartAsync();
        var spans = new List<Activity>();
        var source = "test-" + Guid.NewGuid().ToString("N");
        using var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        var client = host.ChatClient.AsBuilder().UseOpenTelemetry(sourceName: source).Build();

        await client.GetStreamingResponseAsync("hello", cancellationToken: Token).ToListAsync(Token);

        var span = Assert.Single(spans);
        Assert.Equal("anthropic", span.GetTagItem("gen_ai.provider.name"));
        Assert.StartsWith("claude-sonnet", (string?)span.GetTagItem("gen_ai.response.model"), StringComparison.Ordinal);
        Assert.True((long)Convert.ToInt64(span.GetTagItem("gen_ai.usage.output_tokens"), System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal(host.Simulator.BaseAddress.Port, span.GetTagItem("server.port"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cached_answer_asks_the_model_once(bool streaming)
    {
        await using var host = await ClaudeHost.StartAsync();
        var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        var client = host.ChatClient.AsBuilder().UseDistributedCache(cache).Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => "noon", "time")] };
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__time", "{}"), Scenario.Answer("It is noon."));

        var first = await AskAsync();
        var second = await AskAsync();

        Assert.Equal("It is noon.", first.Text);
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.Usage?.OutputTokenCount, second.Usage?.OutputTokenCount);
        Assert.Equal(2, host.Simulator.MessageRequests.Count);

        async Task<ChatResponse> AskAsync() => streaming
            ? await client.GetStreamingResponseAsync("time?", options, Token).ToChatResponseAsync(Token)
            : await client.GetResponseAsync("time?", options, Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Under_function_invocation_a_function_is_called_once(bool streaming)
    {
        await using var host = await ClaudeHost.StartAsync();
        var calls = 0;
        var client = host.ChatClient.AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => Interlocked.Increment(ref calls), "count")] };
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__count", "{}"), Scenario.Answer("Counted."));

        var response = streaming
            ? await client.GetStreamingResponseAsync("count", options, Token).ToChatResponseAsync(Token)
            : await client.GetResponseAsync("count", options, Token);

        Assert.Equal(1, calls);
        Assert.Equal("Counted.", response.Text);
        Assert.Equal(2, host.Simulator.MessageRequests.Count);
    }

    [Fact]
    public async Task An_agent_keeps_a_conversation_of_two_turns_with_a_function()
    {
        await using var host = await ClaudeHost.StartAsync();
        var calls = 0;
        var agent = host.ChatClient.AsAIAgent(
            instructions: "You tell the time.",
            tools: [AIFunctionFactory.Create(() => { calls++; return "noon"; }, "time")]);
        host.Simulator.Enqueue(
            Scenario.ToolUse("mcp__functions__time", "{}", "I look."), Scenario.Answer("It is noon."), Scenario.Answer("Still noon."));
        var session = await agent.CreateSessionAsync(Token);

        var first = await agent.RunAsync("What time is it?", session, cancellationToken: Token);
        var second = await agent.RunStreamingAsync("And now?", session, cancellationToken: Token).ToAgentResponseAsync(Token);

        Assert.EndsWith("It is noon.", first.Text, StringComparison.Ordinal);
        Assert.Equal("Still noon.", second.Text);
        Assert.Equal(1, calls);
        var seen = host.Simulator.MessageRequests[^1];
        Assert.EndsWith("You tell the time.", seen.SystemPrompt, StringComparison.Ordinal);
        Assert.Equal(["user", "assistant", "user", "assistant", "user"], seen.Messages.Select(message => message.Role));
        Assert.Equal("tool_use", seen.Messages[1].Content[1].GetProperty("type").GetString());
        Assert.Contains("noon", seen.Messages[2].Content[0].GetRawText(), StringComparison.Ordinal);
        Assert.Equal("And now?", seen.LastUserText);
    }

    [Fact]
    public async Task An_agent_with_a_conversation_of_ours_stays_hot()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Answer("first"), Scenario.Answer("second"));
        var agent = host.ChatClient.AsAIAgent(instructions: "Be brief.");
        var session = await agent.CreateSessionAsync("agent-1", Token);

        await agent.RunAsync("one", session, cancellationToken: Token);
        await agent.RunAsync("two", session, cancellationToken: Token);

        Assert.Single(host.Conversations.CountHot());
        Assert.Equal(["one", "first", "two"], host.Simulator.MessageRequests[^1].Messages.Select(message => message.Text));
    }
}
