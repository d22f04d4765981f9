using System.Text;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Direct;

namespace Pilotlight.Gateway.Tests.Direct;

/// <summary>The events of a streamed message, on the route that takes no process.</summary>
public sealed class MessageReaderTests
{
    [Fact]
    public void Halves_in_two_pieces_of_the_models_text_are_joined_and_nothing_around_them_is_lost()
    {
        var (events, text) = Read(
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            Delta("text_delta", "text", """one \ud83d"""), Delta("text_delta", "text", """\ude00 two """), Delta("text_delta", "text", """\uDE00 three \ud83d"""),
            """{"type":"content_block_stop","index":0}""");

        Assert.Equal("one 😀 two � three �", text);
        Assert.Equal(text, string.Concat(events.OfType<TextDelta>().Select(delta => delta.Text)));
    }

    [Fact]
    public void A_call_with_one_is_told_however_it_is_parted()
    {
        var (events, _) = Read(
            """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}""",
            Delta("input_json_delta", "partial_json", """{\"a\":\"\ud83d"""), Delta("input_json_delta", "partial_json", """\ude00 \\ud83d\",\"b\":1}"""),
            """{"type":"content_block_stop","index":0}""");

        var call = Assert.IsType<ToolStarted>(Assert.Single(events));
        Assert.Equal(("😀 �", 1), (call.Input.GetProperty("a").GetString(), call.Input.GetProperty("b").GetInt32()));
    }

    [Fact]
    public void A_call_that_is_cut_off_is_none()
    {
        var (events, _) = Read(
            """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}""",
            Delta("input_json_delta", "partial_json", """{\"a\":\"x"""),
            """{"type":"content_block_stop","index":0}""");

        Assert.Empty(events);
    }

    [Fact]
    public void Thinking_ends_with_all_of_it_as_the_api_signed_it()
    {
        var (events, _) = Read(
            """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            Delta("thinking_delta", "thinking", """Hm \ud83d"""), Delta("thinking_delta", "thinking", """\ude00."""), Delta("signature_delta", "signature", "s"),
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"x"}}""",
            """{"type":"content_block_stop","index":1}""");

        var thoughts = events.Cast<ThinkingDelta>().ToArray();
        Assert.Equal("Hm 😀.", string.Concat(thoughts.Select(delta => delta.Text)));
        var blocks = thoughts.Select(delta => delta.Block).OfType<System.Text.Json.JsonElement>().ToArray();
        Assert.Equal(("Hm 😀.", "s"), (blocks[0].GetProperty("thinking").GetString(), blocks[0].GetProperty("signature").GetString()));
        Assert.Equal("x", blocks[1].GetProperty("data").GetString());
    }

    private static string Delta(string type, string name, string piece) => $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"{{{type}}}","{{{name}}}":"{{{piece}}}"}}""";

    private static (IReadOnlyList<TurnEvent> Events, string Text) Read(params string[] items)
    {
        var reader = new MessageReader();
        TurnEvent[] events = [.. items.SelectMany(item => reader.Read(MessageReader.Parse(Encoding.UTF8.GetBytes(item))))];
        return (events, reader.Text);
    }
}
