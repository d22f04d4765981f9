using System.Buffers;
using System.Text;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Tests.Protocol;

/// <summary>The short cut for deltas: it says what the whole parser says, and costs next to nothing.</summary>
public sealed class DeltaLineTests
{
    private const string Text =
        """{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"and \"so\" on \u00e9"}},"session_id":"s","parent_tool_use_id":null,"uuid":"u"}""";

    private const string Thinking =
        """{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}},"session_id":"s","parent_tool_use_id":"tool","uuid":"u","ttft_ms":72}""";

    [Theory]
    [InlineData(Text)]
    [InlineData(Thinking)]
    public void It_reads_a_delta_as_the_whole_parser_does(string line)
    {
        var delta = DeltaLine.TryRead(Bytes(line));

        Assert.NotNull(delta);
        Assert.Equal(CliMessageParser.ParseInFull(Bytes(line)), delta);
    }

    [Theory]
    [InlineData("""{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}}""")]
    [InlineData("""{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":null}}}""")]
    [InlineData("""{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"},"type":"message_stop"}}""")]
    [InlineData("""{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}},"type":"result"}""")]
    [InlineData("""{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}},"event":7}""")]
    [InlineData("""{"type":"stream_event","event":{"type":"content_block_delta","delta":["text_delta"]}}""")]
    [InlineData("""{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}""")]
    [InlineData("""{"type":"result"}""")]
    public void It_leaves_what_is_no_plain_delta_to_the_whole_parser(string line) => Assert.Null(DeltaLine.TryRead(Bytes(line)));

    [Fact]
    public void It_never_disagrees_with_the_whole_parser_about_a_damaged_line()
    {
        var random = new Random(4711);
        var kept = 0;
        for (var run = 0; run < 50_000; run++)
        {
            var bytes = Encoding.UTF8.GetBytes(run % 2 == 0 ? Text : Thinking);
            for (var change = 0; change < 1 + (run % 3); change++)
            {
                bytes[random.Next(bytes.Length)] = (byte)"\"{}[]:,ax0 \\"[random.Next(12)];
            }

            if (DeltaLine.TryRead(new ReadOnlySequence<byte>(bytes)) is { } delta)
            {
                kept++;
                var whole = CliMessageParser.ParseInFull(new ReadOnlySequence<byte>(bytes));
                Assert.True(delta.Equals(whole), $"{delta} is not {whole}, of {Encoding.UTF8.GetString(bytes)}");
            }
        }

        Assert.InRange(kept, 1000, 50_000);
    }

    [Fact]
    public void A_delta_costs_its_text_and_its_message_and_no_more()
    {
        const int Lines = 1000;
        var line = Bytes(Text);
        Parse(line, Lines);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Parse(line, Lines);

        // Measured: less than 100 bytes, the text and the message; through the whole parser 1,500.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Lines, 1, 150);
    }

    private static void Parse(ReadOnlySequence<byte> line, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _ = CliMessageParser.Parse(line);
        }
    }

    private static ReadOnlySequence<byte> Bytes(string line) => new(Encoding.UTF8.GetBytes(line));
}
