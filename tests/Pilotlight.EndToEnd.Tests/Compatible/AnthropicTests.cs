using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>The official Anthropic client against the gateway.</summary>
public sealed class AnthropicTests : EndToEndTest
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    [Fact]
    public async Task An_answer_comes_whole_with_its_usage()
    {
        using var client = await ClientAsync();

        var message = await client.Messages.Create(Call("[[sim words=12]]"), Token);

        Assert.True(message.Content[0].TryPickText(out var text));
        Assert.EndsWith("word12", text!.Text, StringComparison.Ordinal);
        Assert.Equal("end_turn", message.StopReason?.Raw());
        Assert.StartsWith("msg_", message.ID, StringComparison.Ordinal);
        Assert.StartsWith("claude-", message.Model.Raw(), StringComparison.Ordinal);
        Assert.True(message.Usage is { InputTokens: > 0, OutputTokens: > 0 });
    }

    [Fact]
    public async Task An_answer_is_streamed_to_its_end()
    {
        using var client = await ClientAsync();
        var (text, pieces) = ("", 0);
        RawMessageDeltaEvent? end = null;
        var stopped = false;

        await foreach (var item in client.Messages.CreateStreaming(Call("[[sim words=30 rate=200]]"), Token))
        {
            if (item.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece))
            {
                (text, pieces) = (text + piece.Text, pieces + 1);
            }
            else if (item.TryPickDelta(out var last))
            {
                end = last;
            }

            stopped |= item.TryPickStop(out _);
        }

        Assert.EndsWith("word30", text, StringComparison.Ordinal);
        Assert.True(pieces > 2);
        Assert.Equal("end_turn", end!.Delta.StopReason?.Raw());
        Assert.True(end.Usage.OutputTokens > 0);
        Assert.True(stopped);
    }

    [Fact]
    public async Task An_image_reaches_the_model()
    {
        using var client = await ClientAsync();
        var call = Call("") with
        {
            Messages =
            [
                new UserMessageParam(new List<ContentBlockParam>
                {
                    new TextBlockParam("What is this?"),
                    new ImageBlockParam(new Base64ImageSource { Data = Png, MediaType = MediaType.ImagePng }),
                }),
            ],
        };

        var message = await client.Messages.Create(call, Token);

        Assert.True(message.Content[0].TryPickText(out var text));
        Assert.Contains("What is this?", text!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_can_be_begun_by_its_caller()
    {
        using var client = await ClientAsync();

        var answer = await client.Messages.Create(
            Call("hi") with { Messages = [new UserMessageParam("Begin with A."), new AssistantMessageParam("A")] }, Token);

        Assert.NotEmpty(answer.Content);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_the_clients_exception()
    {
        using var client = await ClientAsync();

        var fault = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var _ in client.Messages.CreateStreaming(Call("[[sim words=20 rate=101 cut-after=5]]"), Token))
            {
            }
        });

        Assert.Contains("broke off", fault.ToString(), StringComparison.Ordinal);
    }

    private static MessageCreateParams Call(string text) => new() { Model = "sonnet", MaxTokens = 4096, Messages = [new UserMessageParam(text)] };

    private static async Task<AnthropicClient> ClientAsync()
    {
        var gateway = await SharedGateway.Instance;
        return new AnthropicClient { ApiKey = "pl_none", BaseUrl = gateway.Http.BaseAddress!.ToString().TrimEnd('/'), MaxRetries = 0 };
    }
}
