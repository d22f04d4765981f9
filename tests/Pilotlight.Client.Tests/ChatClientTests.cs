using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Client.Chat;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Threads;

namespace Pilotlight.Client.Tests;

/// <summary>The gateway as an IChatClient, under decorators and as an agent.</summary>
public sealed class ChatClientTests(SharedGateway shared) : ClientTest
{
    private const string Long = "[[sim words=3000 rate=200]]";

    [Fact]
    public async Task A_conversation_is_a_thread_and_takes_new_messages_alone()
    {
        using var gateway = ClientOf(shared.Address);
        var chat = gateway.AsIChatClient();

        var first = await chat.GetResponseAsync("My name is Ada.", new ChatOptions { Instructions = "Be brief." }, Token);
        var second = await chat.GetStreamingResponseAsync("What is my name?", new ChatOptions { ConversationId = first.ConversationId, Instructions = "Be kind." }, Token)
            .ToChatResponseAsync(Token);

        Assert.Equal(first.ConversationId, second.ConversationId);
        Assert.Equal(ChatFinishReason.Stop, second.FinishReason);
        Assert.True(second.Usage!.InputTokenCount > first.Usage!.InputTokenCount);
        var messages = await gateway.ListMessagesAsync(first.ConversationId!, Token).ToListAsync(Token);
        Assert.Equal(["My name is Ada.", first.Text, "What is my name?", second.Text], messages.Select(message => message.Text));
        Assert.Equal("Be kind.", (await gateway.GetThreadAsync(first.ConversationId!, Token)).SystemPrompt);
    }

    [Fact]
    public async Task A_background_response_is_polled_to_its_end_also_by_another_program()
    {
        using var gateway = ClientOf(shared.Address);
        var begun = await gateway.AsIChatClient().GetResponseAsync("[[sim words=200 rate=400]]", new ChatOptions { AllowBackgroundResponses = true }, Token);
        Assert.NotNull(begun.ContinuationToken);
        Assert.Empty(begun.Messages);

        // A token is bytes, which another program can be given.
        var token = ResponseContinuationToken.FromBytes(begun.ContinuationToken.ToBytes());
        using var elsewhere = new PilotlightClient(new PilotlightClientOptions { Address = shared.Address, PollWait = TimeSpan.FromMilliseconds(50) });
        var polls = 0;
        ChatResponse response;
        do
        {
            response = await elsewhere.AsIChatClient().GetResponseAsync([], new ChatOptions { ContinuationToken = token, AllowBackgroundResponses = true }, Token);
            token = response.ContinuationToken;
            polls++;
        }
        while (token is not null);

        Assert.True(polls > 1, "The first poll cannot have found the end.");
        Assert.Equal(begun.ConversationId, response.ConversationId);
        Assert.Equal((await gateway.ListMessagesAsync(begun.ConversationId!, Token).LastAsync(Token)).Text, response.Text);
    }

    [Fact]
    public async Task A_stream_that_was_left_goes_on_from_its_last_token()
    {
        using var gateway = ClientOf(shared.Address);
        var chat = gateway.AsIChatClient();
        var options = new ChatOptions { AllowBackgroundResponses = true };
        var before = await chat.GetStreamingResponseAsync("[[sim words=200 rate=400]]", options, Token).Take(5).ToListAsync(Token);

        options.ContinuationToken = before[^1].ContinuationToken;
        var after = await chat.GetStreamingResponseAsync([], options, Token).ToListAsync(Token);

        Assert.All(after.SkipLast(1), update => Assert.NotNull(update.ContinuationToken));
        Assert.Null(after[^1].ContinuationToken);
        var whole = string.Concat(before.Concat(after).Select(update => update.Text));
        Assert.Equal((await gateway.ListMessagesAsync(before[0].ConversationId!, Token).LastAsync(Token)).Text, whole);
    }

    [Fact]
    public async Task Without_leave_for_the_background_a_turn_stops_when_its_caller_does()
    {
        using var gateway = ClientOf(shared.Address);
        string? thread = null, turn = null;
        await foreach (var update in gateway.AsIChatClient().GetStreamingResponseAsync(Long, cancellationToken: Token))
        {
            (thread, turn) = (update.ConversationId, update.ResponseId);
            if (update.Text.Length > 0)
            {
                break;
            }
        }

        var events = await gateway.FollowTurnAsync(thread!, turn!, cancellationToken: Token).ToListAsync(Token);
        Assert.IsType<Turns.TurnCancelled>(events[^1]);
    }

    [Fact]
    public async Task A_turn_that_fails_is_an_exception_with_the_gateways_problem()
    {
        using var gateway = ClientOf(shared.Address);

        var failed = await Assert.ThrowsAsync<PilotlightException>(() => gateway.AsIChatClient().GetResponseAsync("[[sim status=400]]", cancellationToken: Token));

        Assert.NotEmpty(failed.Problem.Kind);
        Assert.NotEqual(GatewayProblem.Unreachable, failed.Problem.Kind);
    }

    [Fact]
    public async Task What_a_turn_cannot_do_is_refused_before_anything_is_asked()
    {
        using var gateway = ClientOf(new Uri("http://127.0.0.1:9"));
        var chat = gateway.AsIChatClient();
        ChatMessage[] history = [new(ChatRole.User, "hi"), new(ChatRole.Assistant, "hello"), new(ChatRole.User, "and?")];

        await Refused<NotSupportedException>("ChatOptions.Tools", [new(ChatRole.User, "hi")], new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "one")] });
        await Refused<NotSupportedException>("ResponseFormat", [new(ChatRole.User, "hi")], new ChatOptions { ResponseFormat = ChatResponseFormat.Json });
        await Refused<NotSupportedException>("ConversationId", history, null);
        await Refused<NotSupportedException>("DataContent", [new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])], null);
        await Refused<ArgumentException>("what the model is to answer", [new(ChatRole.User, " ")], null);
        await Refused<ArgumentException>("ContinuationToken", [], new ChatOptions { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) });

        async Task Refused<T>(string part, IEnumerable<ChatMessage> messages, ChatOptions? options)
            where T : Exception => Assert.Contains(part, (await Assert.ThrowsAsync<T>(() => chat.GetResponseAsync(messages, options, Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decorators_work_on_it()
    {
        await using var services = new ServiceCollection().AddPilotlightClient(options => options.Address = shared.Address).BuildServiceProvider();
        var chat = services.GetRequiredService<IChatClient>().AsBuilder()
            .UseFunctionInvocation().UseOpenTelemetry(sourceName: "test").ConfigureOptions(options => options.Instructions ??= "Be brief.").Build();

        var response = await chat.GetResponseAsync("hello", cancellationToken: Token);

        Assert.Contains("You said: “hello”", response.Text, StringComparison.Ordinal);
        Assert.Equal("Be brief.", (await services.GetRequiredService<PilotlightClient>().GetThreadAsync(response.ConversationId!, Token)).SystemPrompt);
        Assert.Equal(shared.Address, chat.GetService<ChatClientMetadata>()?.ProviderUri);
        Assert.NotNull(chat.GetService<PilotlightClient>());
    }

    [Fact]
    public async Task An_agents_sessions_are_threads_which_outlive_the_agent()
    {
        using var gateway = ClientOf(shared.Address);
        var agent = new ChatClientAgent(gateway.AsIChatClient(new NewThread(Title: "An agent's")), "Be brief.");
        var session = await agent.CreateSessionAsync(Token);
        await agent.RunAsync("My name is Ada.", session, cancellationToken: Token);
        var stored = await agent.SerializeSessionAsync(session, cancellationToken: Token);

        var another = new ChatClientAgent(gateway.AsIChatClient(), "Be brief.");
        var resumed = await another.DeserializeSessionAsync(stored, cancellationToken: Token);
        var updates = await another.RunStreamingAsync("What is my name?", resumed, cancellationToken: Token).ToListAsync(Token);

        var thread = ((ChatClientAgentSession)resumed).ConversationId!;
        Assert.Equal("An agent's", (await gateway.GetThreadAsync(thread, Token)).Title);
        var messages = await gateway.ListMessagesAsync(thread, Token).ToListAsync(Token);
        Assert.Equal(4, messages.Count);
        Assert.Equal(messages[3].Text, string.Concat(updates.Select(update => update.Text)));
    }

#pragma warning disable MEAI001 // The agents' own tokens are still a preview there.
    [Fact]
    public async Task An_agent_runs_in_the_background()
    {
        using var gateway = ClientOf(shared.Address);
        var agent = new ChatClientAgent(gateway.AsIChatClient(), "Be brief.");
        var session = await agent.CreateSessionAsync(Token);
        var options = new AgentRunOptions { AllowBackgroundResponses = true };

        var response = await agent.RunAsync("[[sim words=100 rate=200]]", session, options, Token);
        Assert.NotNull(response.ContinuationToken);
        while (response.ContinuationToken is { } token)
        {
            options.ContinuationToken = token;
            response = await agent.RunAsync(session, options, Token);
        }

        Assert.Contains("word100", response.Text, StringComparison.Ordinal);
    }
#pragma warning restore MEAI001
}
