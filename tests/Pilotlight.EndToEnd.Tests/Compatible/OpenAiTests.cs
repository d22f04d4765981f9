using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>The official OpenAI client against the gateway.</summary>
public sealed class OpenAiTests : EndToEndTest
{
    private static readonly byte[] s_png = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    [Fact]
    public async Task An_answer_comes_whole_with_its_usage()
    {
        var chat = await ChatAsync();

        ChatCompletion completion = await chat.CompleteChatAsync([new SystemChatMessage("Be brief."), new UserChatMessage("[[sim words=12]]")], cancellationToken: Token);

        Assert.EndsWith("word12", completion.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, completion.FinishReason);
        Assert.StartsWith("chatcmpl-", completion.Id, StringComparison.Ordinal);
        Assert.StartsWith("claude-", completion.Model, StringComparison.Ordinal);
        Assert.True(completion.Usage is { InputTokenCount: > 0, OutputTokenCount: > 0 });
        Assert.Equal(completion.Usage.TotalTokenCount, completion.Usage.InputTokenCount + completion.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task An_answer_is_streamed_and_ends_with_its_reason_and_usage()
    {
        var chat = await ChatAsync();
        var updates = new List<StreamingChatCompletionUpdate>();

        await foreach (var update in chat.CompleteChatStreamingAsync([new UserChatMessage("[[sim words=30 rate=200]]")], cancellationToken: Token))
        {
            updates.Add(update);
        }

        Assert.EndsWith("word30", string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)), StringComparison.Ordinal);
        Assert.True(updates.Count(update => update.ContentUpdate.Count > 0) > 2);
        Assert.Equal(ChatFinishReason.Stop, updates.Single(update => update.FinishReason is not null).FinishReason);
        Assert.True(updates.Single(update => update.Usage is not null).Usage.OutputTokenCount > 0);
    }

    [Fact]
    public async Task An_image_reaches_the_model()
    {
        var chat = await ChatAsync();

        ChatCompletion completion = await chat.CompleteChatAsync(
            [new UserChatMessage(ChatMessageContentPart.CreateTextPart("What is this?"), ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(s_png), "image/png"))],
            cancellationToken: Token);

        Assert.Contains("What is this?", completion.Content[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_not_be_the_answer_asked_for_is_refused_by_name_with_the_next_step()
    {
        var chat = await ChatAsync();

        var fault = await Assert.ThrowsAsync<ClientResultException>(
            () => chat.CompleteChatAsync([new UserChatMessage("hi")], new ChatCompletionOptions { IncludeLogProbabilities = true }, Token));

        Assert.Equal(400, fault.Status);
        Assert.Contains("logprobs cannot be honoured here. Leave it out", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_tunes_is_left_aside_and_named()
    {
        var chat = await ChatAsync();

        var completion = await chat.CompleteChatAsync(
            [new UserChatMessage("hi")], new ChatCompletionOptions { Temperature = 0.2f, PresencePenalty = 1 }, Token);

        Assert.True(completion.GetRawResponse().Headers.TryGetValue("x-pilotlight-ignored", out var ignored));
        Assert.Equal("presence_penalty", ignored); // The temperature is set on the wire.
    }

    [Fact]
    public async Task An_error_of_the_model_is_the_clients_exception()
    {
        var chat = await ChatAsync();

        var fault = await Assert.ThrowsAsync<ClientResultException>(
            () => chat.CompleteChatAsync([new UserChatMessage("[[sim status=400]]")], cancellationToken: Token));

        Assert.Equal(400, fault.Status);
        Assert.Contains("invalid_request", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_not_told_as_success()
    {
        var chat = await ChatAsync();
        var text = "";
        ChatFinishReason? reason = null;

        // Cut every time it is tried: what was streamed is void, which this API cannot say.
        await Record.ExceptionAsync(async () =>
        {
            await foreach (var update in chat.CompleteChatStreamingAsync([new UserChatMessage("[[sim words=20 rate=100 cut-after=5]]")], cancellationToken: Token))
            {
                text += string.Concat(update.ContentUpdate.Select(part => part.Text));
                reason ??= update.FinishReason;
            }
        });

        Assert.Contains("word1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("word20", text, StringComparison.Ordinal);
        Assert.Null(reason);
    }

    [Fact]
    public async Task An_answer_longer_than_the_limit_says_so()
    {
        var chat = await ChatAsync();

        ChatCompletion completion = await chat.CompleteChatAsync(
            [new UserChatMessage("[[sim words=2000 rate=2000]]")], new ChatCompletionOptions { MaxOutputTokenCount = 10 }, Token);

        Assert.Equal(ChatFinishReason.Length, completion.FinishReason);
        Assert.Equal(10, completion.Content[0].Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length); // The API's own stop: a word is a token.
    }

    [Fact]
    public async Task The_models_are_listed()
    {
        var models = await ModelsAsync();

        OpenAIModelCollection all = await models.GetModelsAsync(Token);
        OpenAIModel one = await models.GetModelAsync("opus", Token);
        var none = await Assert.ThrowsAsync<ClientResultException>(() => models.GetModelAsync("none", Token));

        Assert.Contains(all, model => model.Id == "sonnet");
        Assert.Equal("opus", one.Id);
        Assert.Equal(404, none.Status);
    }

    private static async Task<ChatClient> ChatAsync() => (await ClientAsync()).GetChatClient("sonnet");

    private static async Task<OpenAIModelClient> ModelsAsync() => (await ClientAsync()).GetOpenAIModelClient();

    private static async Task<OpenAIClient> ClientAsync()
    {
        var gateway = await SharedGateway.Instance;
        return new OpenAIClient(new ApiKeyCredential("pl_none"), new OpenAIClientOptions
        {
            Endpoint = new Uri(gateway.Http.BaseAddress!, "/v1"),
            RetryPolicy = new ClientRetryPolicy(0),
        });
    }
}
