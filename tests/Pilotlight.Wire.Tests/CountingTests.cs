using System.Text;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Counting;

namespace Pilotlight.Wire.Tests;

/// <summary>What is read out of an answer as it passes, however it is cut into pieces.</summary>
public sealed class CountingTests
{
    private const string Events = """
        event: message_start
        data: {"type":"message_start","message":{"model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":5,"cache_read_input_tokens":7,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":6},"output_tokens":1}}}

        event: ping
        data: {"type":"ping"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm „"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\"usage\":{\"input_tokens\":99999}"}}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"output_tokens":42,"server_tool_use":{"web_search_requests":2}}}

        event: message_stop
        data: {"type":"message_stop"}


        """;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Usage_model_and_stop_are_read_whatever_the_pieces(int size)
    {
        var bytes = Encoding.UTF8.GetBytes(Events.ReplaceLineEndings(size == 7 ? "\r\n" : "\n"));
        var (reader, facts, news) = (new EventAnswerReader(), new AnswerFacts(), 0);

        foreach (var piece in bytes.Chunk(size))
        {
            news += reader.Read(piece, facts) ? 1 : 0;
        }

        reader.End(facts);
        Assert.Equal(new CallUsage { InputTokens = 5, CacheReadTokens = 7, CacheWriteTokens = 9, CacheWriteHourTokens = 6, OutputTokens = 42, WebSearches = 2 }, facts.Usage);
        Assert.Equal(("claude-x", "stop_sequence", "END", true, true), (facts.Model, facts.StopReason, facts.StopSequence, facts.HasText, facts.IsWhole));
        Assert.Equal(size == 100_000 ? 1 : 3, news);
        Assert.Null(facts.Error);
    }

    [Theory]
    [InlineData("data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":\"many\"}}}\n")]
    [InlineData("data: {\"type\":\"message_delta\",\"usage\":[]}\n")]
    [InlineData("data: not json\ndata: [1]\ndata:\n: comment\nid: 1\n")]
    [InlineData("data: {\"usage\":{\"input_tokens\":5}}\n")]
    public void What_is_not_understood_is_passed_over(string text)
    {
        var facts = new AnswerFacts();

        new EventAnswerReader().Read(Encoding.UTF8.GetBytes(text), facts);

        Assert.Equal((CallUsage.None, false), (facts.Usage, facts.IsWhole));
    }

    [Fact]
    public void An_answer_in_one_document_is_read_at_its_end()
    {
        var (reader, facts) = (new WholeAnswerReader(), new AnswerFacts());
        foreach (var piece in """{"type":"message","model":"m","content":[{"type":"text","text":"usage"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4}}"""u8.ToArray().Chunk(9))
        {
            reader.Read(piece, facts);
        }

        reader.End(facts);

        Assert.Equal((3, 4, "m", "end_turn", true), (facts.Usage.InputTokens, facts.Usage.OutputTokens, facts.Model, facts.StopReason, facts.IsWhole));
    }

    [Fact]
    public void An_error_is_told_by_its_type_alone()
    {
        var (reader, facts) = (new WholeAnswerReader(), new AnswerFacts());
        reader.Read("""{"type":"error","error":{"message":"secret words","type":"overloaded_error"}}"""u8, facts);
        reader.End(facts);

        Assert.Equal("overloaded_error", facts.Error);
    }

    [Fact]
    public void A_line_that_never_ends_is_dropped_and_the_next_one_read()
    {
        var (lines, seen) = (new LineSplitter(), new List<int>());
        var piece = new byte[1024 * 1024];
        for (var i = 0; i < 20; i++)
        {
            lines.Write(piece, line => seen.Add(line.Length));
        }

        lines.Write("\nnext\n"u8, line => seen.Add(line.Length));

        Assert.Equal([4], seen);
    }
}
