using Microsoft.Extensions.AI;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Chat;

/// <summary>The library's front door on the real CLI.</summary>
public sealed class ChatClientTests
{
    // The smallest PNG there is: the CLI drops what is no image.
    private static readonly byte[] Pixel = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_comes_with_usage_model_cost_and_reason()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(new Scenario { Text = "two it is", InputTokens = 40, CacheReadTokens = 30, CacheWriteTokens = 20 });

        var response = await host.ChatClient.GetResponseAsync(
            [
                new ChatMessage(ChatRole.System, "Be brief."),
                new ChatMessage(ChatRole.User, "one"),
                new ChatMessage(ChatRole.Assistant, "first"),
                new ChatMessage(ChatRole.User, "two"),
            ],
            new ChatOptions { Instructions = "Be kind." },
            Token);

        Assert.Equal("two it is", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.StartsWith("claude-sonnet", response.ModelId, StringComparison.Ordinal);
        Assert.Equal(90, response.Usage!.InputTokenCount);
        Assert.Equal(30, response.Usage.CachedInputTokenCount);
        Assert.True(response.Usage.OutputTokenCount > 0);
        Assert.Equal(response.Usage.InputTokenCount + response.Usage.OutputTokenCount, response.Usage.TotalTokenCount);
        Assert.True((decimal?)response.AdditionalProperties!["pilotlight.cost_usd"] > 0);
        Assert.Null(response.ConversationId);
        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(["one", "first", "two"], seen.Messages.Select(message => message.Text));
        Assert.EndsWith("Be kind.\n\nBe brief.", seen.SystemPrompt, StringComparison.Ordinal);
        Assert.Empty(host.Conversations.CountHot());
    }

    [Fact]
    public async Task An_answer_streams_token_by_token()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Words(5));

        var updates = await host.ChatClient.GetStreamingResponseAsync("hi", cancellationToken: Token).ToListAsync(Token);

        Assert.True(updates.Count(update => update.Text.Length > 0) > 1);
        Assert.Equal("word1 word2 word3 word4 word5", updates.ToChatResponse().Text);
        Assert.Single(updates.Select(update => update.MessageId).Distinct());
    }

    [Fact]
    public async Task A_message_of_several_parts_goes_out_as_it_is_images_included()
    {
        await using var host = await ClaudeHost.StartAsync();

        await host.ChatClient.GetResponseAsync(
            [
                new ChatMessage(ChatRole.User, [new TextContent("see"), new DataContent(Pixel, "image/png")]),
                new ChatMessage(ChatRole.Assistant, "a pixel"),
                new ChatMessage(ChatRole.User, [new TextContent("and"), new DataContent(Pixel, "image/png"), new TextContent("this?")]),
                new ChatMessage(ChatRole.User, "I mean it."),
            ],
            cancellationToken: Token);

        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(["user", "assistant", "user"], seen.Messages.Select(message => message.Role));
        Assert.Equal(["text", "image"], Types(seen.Messages[0]));
        Assert.Equal(["text", "image", "text", "text"], Types(seen.Messages[2]));
        Assert.Equal("and\nthis?\nI mean it.", seen.Messages[2].Text);
    }

    [Fact]
    public async Task Documents_and_images_by_address_go_out_too()
    {
        await using var host = await ClaudeHost.StartAsync();
        var document = new DataContent("%PDF-1.1\n%%EOF"u8.ToArray(), "application/pdf");
        var image = new UriContent("https://example.com/a.png", "image/png");

        await host.ChatClient.GetResponseAsync(
            [
                new ChatMessage(ChatRole.User, [new TextContent("read"), document]),
                new ChatMessage(ChatRole.Assistant, "empty"),
                new ChatMessage(ChatRole.User, [new TextContent("see"), image]),
            ],
            cancellationToken: Token);

        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(["text", "document"], Types(seen.Messages[0]));
        Assert.Equal(["text", "image"], Types(seen.Messages[2]));
        Assert.Equal("https://example.com/a.png", seen.Messages[2].Content[1].GetProperty("source").GetProperty("url").GetString());
        await Assert.ThrowsAsync<NotSupportedException>(() => host.ChatClient.GetResponseAsync(
            [new ChatMessage(ChatRole.User, [new UriContent("file:///etc/hostname", "image/png")])], cancellationToken: Token));
    }

    [Fact]
    public async Task A_named_conversation_stays_hot_and_is_told_new_messages_alone()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Answer("first"), Scenario.Answer("second"));
        var options = new ChatOptions { ConversationId = "c" };

        var first = await host.ChatClient.GetResponseAsync("one", options, Token);
        var second = await host.ChatClient.GetResponseAsync("two", options, Token);

        Assert.Equal("c", first.ConversationId);
        Assert.Equal("hot", second.AdditionalProperties!["pilotlight.acquire"]);
        Assert.Equal(1, host.Conversations.CountHot()["chat"]);
        Assert.Equal(["one", "first", "two"], host.Simulator.MessageRequests[^1].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task A_named_conversation_whose_process_was_ended_goes_on_from_memory()
    {
        await using var host = await ClaudeHost.StartAsync(sessions: sessions => sessions.MaxHot = 0);
        host.Simulator.Enqueue(Scenario.Answer("first"), Scenario.Answer("second"), Scenario.Answer("third"));
        var options = new ChatOptions { ConversationId = "c" };

        await host.ChatClient.GetResponseAsync("one", options, Token);
        await host.ChatClient.GetResponseAsync([new ChatMessage(ChatRole.User, [new TextContent("two"), new DataContent(Pixel, "image/png")])], options, Token);
        var third = await host.ChatClient.GetResponseAsync("three", options, Token);

        Assert.NotEqual("hot", third.AdditionalProperties!["pilotlight.acquire"]);
        var seen = host.Simulator.MessageRequests[^1];
        Assert.Equal(["one", "first", "two", "second", "three"], seen.Messages.Select(message => message.Text));
        Assert.Equal(["text", "image"], Types(seen.Messages[2]));
    }

    [Fact]
    public async Task Calls_of_different_conversations_run_side_by_side_and_those_of_one_in_turn()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.When(request => request.LastUserText == "stall", Scenario.Stall("one two", afterTokens: 1));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var c = new ChatOptions { ConversationId = "c" };
        await using var stalled = host.ChatClient.GetStreamingResponseAsync("stall", c, stop.Token).GetAsyncEnumerator(Token);
        Assert.True(await stalled.MoveNextAsync());

        var waiting = host.ChatClient.GetResponseAsync("mine", c, Token);
        var other = await host.ChatClient.GetResponseAsync("yours", new ChatOptions { ConversationId = "d" }, Token);

        Assert.Contains("yours", other.Text, StringComparison.Ordinal);
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await stalled.MoveNextAsync())
            {
            }
        });
        Assert.Contains("mine", (await waiting).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_is_left_in_the_middle_ends_its_process_and_the_conversation_goes_on()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Answer("first"), Scenario.Stall("one two", afterTokens: 1), Scenario.Answer("third"));
        var options = new ChatOptions { ConversationId = "c" };
        await host.ChatClient.GetResponseAsync("one", options, Token);

        await foreach (var update in host.ChatClient.GetStreamingResponseAsync("two", options, Token))
        {
            break;
        }

        Assert.Empty(host.Conversations.CountHot());
        var next = await host.ChatClient.GetResponseAsync("three", options, Token);
        Assert.Equal("third", next.Text);
        Assert.Equal(["one", "first", "three"], host.Simulator.MessageRequests[^1].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task A_model_named_for_the_call_answers_it()
    {
        await using var host = await ClaudeHost.StartAsync();

        var response = await host.ChatClient.GetResponseAsync("hi", new ChatOptions { ModelId = "haiku" }, Token);

        Assert.Contains("haiku", Assert.Single(host.Simulator.MessageRequests).Model, StringComparison.Ordinal);
        Assert.Contains("haiku", response.ModelId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_by_a_schema_is_an_object_and_nothing_else()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(
            Scenario.ToolUse("StructuredOutput", """{"name":"Ada","age":"old"}""", "Let me see."),
            Scenario.ToolUse("StructuredOutput", """{"name":"Ada","age":36}"""));

        var updates = await host.ChatClient.GetStreamingResponseAsync(
            "Who is it?", new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema<Person>() }, Token).ToListAsync(Token);
        host.Simulator.Enqueue(Scenario.ToolUse("StructuredOutput", """{"name":"Bob","age":7}"""));
        var typed = await host.ChatClient.GetResponseAsync<Person>("And now?", cancellationToken: Token);

        Assert.Equal("""{"name":"Ada","age":36}""", updates.ToChatResponse().Text);
        Assert.Empty(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal(new Person("Bob", 7), typed.Result);
        Assert.All(host.Simulator.MessageRequests, request => Assert.Equal(["StructuredOutput"], request.Tools));
    }

    [Fact]
    public async Task A_model_that_gives_no_object_fails_the_call()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.When(_ => true, Scenario.Answer("I would rather talk."));

        var fault = await Assert.ThrowsAsync<ClaudeException>(() => host.ChatClient.GetResponseAsync(
            "hi", new ChatOptions { ResponseFormat = ChatResponseFormat.Json }, Token));

        Assert.Contains("JSON schema", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reasoning_is_set_for_the_turn_and_shown_as_asked()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.When(_ => true, Scenario.Thinking("let me see", "so"));
        var options = new ChatOptions
        {
            ConversationId = "c",
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High, Output = ReasoningOutput.Summary },
        };

        var shown = await host.ChatClient.GetResponseAsync("one", options, Token);
        options.Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low, Output = ReasoningOutput.None };
        var hidden = await host.ChatClient.GetResponseAsync("two", options, Token);
        options.Reasoning = null;
        await host.ChatClient.GetResponseAsync("three", options, Token);

        Assert.Equal("let me see", Assert.Single(shown.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Empty(hidden.Messages[0].Contents.OfType<TextReasoningContent>());
        Assert.Equal("hot", hidden.AdditionalProperties!["pilotlight.acquire"]);
        Assert.Equal(
            ["high", "low", "medium"],
            host.Simulator.MessageRequests.Select(request => request.Body.GetProperty("output_config").GetProperty("effort").GetString()));
        Assert.Equal(["one", "so", "two", "so", "three"], host.Simulator.MessageRequests[^1].Messages.Select(message => message.Text));
        Assert.Equal("summarized", host.Simulator.MessageRequests[0].Body.GetProperty("thinking").GetProperty("display").GetString());
    }

    [Fact]
    public async Task An_answer_begun_anew_is_whole_without_streaming_and_a_fault_while_streaming()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(
            Scenario.Cut("one two three four", afterTokens: 2), Scenario.Answer("five six"),
            Scenario.Cut("one two three four", afterTokens: 2), Scenario.Answer("five six"));

        var whole = await host.ChatClient.GetResponseAsync("hi", cancellationToken: Token);
        var streaming = host.ChatClient.GetStreamingResponseAsync("hi", cancellationToken: Token);

        Assert.Equal("five six", whole.Text);
        var fault = await Assert.ThrowsAsync<ClaudeException>(async () => await streaming.ToListAsync(Token));
        Assert.Contains("began anew", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_turn_says_what_kind_of_failure_it_was()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Status(401, message: "invalid x-api-key"));
        host.Simulator.When(_ => true, Scenario.Status(400, message: "no such thing"));

        var key = await Assert.ThrowsAsync<ClaudeException>(() => host.ChatClient.GetResponseAsync("hi", cancellationToken: Token));
        var request = await Assert.ThrowsAsync<ClaudeException>(() => host.ChatClient.GetResponseAsync("hi", cancellationToken: Token));
        var profile = await Assert.ThrowsAsync<ClaudeException>(() => host.ChatClient.GetResponseAsync(
            "hi", new ChatOptions().UseProfile("nowhere"), Token));

        Assert.Equal(TurnErrorKind.Authentication, key.Error.Kind);
        Assert.Equal(401, key.Error.Status);
        Assert.Equal(TurnErrorKind.InvalidRequest, request.Error.Kind);
        Assert.Contains("no such thing", request.Message, StringComparison.Ordinal);
        Assert.Equal(TurnErrorKind.InvalidRequest, profile.Error.Kind);
        Assert.Contains("'nowhere'", profile.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_cli_has_no_counterpart_for_is_refused_and_not_ignored()
    {
        await using var host = await ClaudeHost.StartAsync(pool: pool => pool.MinIdle = 0);
        var schema = AIJsonUtilities.CreateJsonSchema(typeof(int[]));

        foreach (var options in new ChatOptions[]
        {
            new() { Tools = [new HostedWebSearchTool()] },
            new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) },
        })
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => host.ChatClient.GetResponseAsync("hi", options, Token));
        }

        await Assert.ThrowsAsync<NotSupportedException>(() => host.ChatClient.GetResponseAsync(
            [new ChatMessage(ChatRole.User, [new DataContent(Pixel, "application/zip")])], cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentException>(() => host.ChatClient.GetResponseAsync([new ChatMessage(ChatRole.Assistant, "hi")], cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentException>(() => host.ChatClient.GetResponseAsync(
            "hi", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "a b")] }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => host.ChatClient.GetResponseAsync(
            "hi", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "a"), AIFunctionFactory.Create(() => 2, "a")] }, Token));
        Assert.Empty(host.Simulator.MessageRequests);
    }

    [Fact]
    public async Task What_the_cli_cannot_be_told_is_set_on_the_wire_for_this_call_alone()
    {
        await using var host = await ClaudeHost.StartAsync();
        var named = new ChatOptions { ConversationId = "c" };

        await host.ChatClient.GetResponseAsync(
            "one", new ChatOptions { ConversationId = "c", Temperature = 0.5f, TopK = 3, StopSequences = ["END"], MaxOutputTokens = 90 }, Token);
        await host.ChatClient.GetResponseAsync("two", named, Token);

        var (first, second) = (host.Simulator.MessageRequests[0].Body, host.Simulator.MessageRequests[1].Body);
        Assert.Equal((0.5, 3, 90), (first.GetProperty("temperature").GetDouble(), first.GetProperty("top_k").GetInt32(), first.GetProperty("max_tokens").GetInt32()));
        Assert.Equal("END", first.GetProperty("stop_sequences")[0].GetString());
        Assert.False(second.TryGetProperty("top_k", out _));
        Assert.False(second.TryGetProperty("stop_sequences", out _));
        Assert.NotEqual(90, second.GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public async Task It_says_what_it_is()
    {
        await using var host = await ClaudeHost.StartAsync(pool: pool => pool.MinIdle = 0);

        var metadata = host.ChatClient.GetService<ChatClientMetadata>();

        Assert.Equal("anthropic", metadata?.ProviderName);
        Assert.Equal("sonnet", metadata?.DefaultModelId);
        Assert.Equal(host.Simulator.BaseAddress, metadata?.ProviderUri);
        Assert.Same(host.Conversations, host.ChatClient.GetService<IClaudeConversations>());
        Assert.Null(host.ChatClient.GetService<IClaudeConversations>("key"));
    }

    private static IEnumerable<string?> Types(RecordedMessage message) =>
        message.Content.ValueKind == System.Text.Json.JsonValueKind.String
            ? ["text"]
            : message.Content.EnumerateArray().Select(block => block.GetProperty("type").GetString());

    private sealed record Person(string Name, int Age);
}
