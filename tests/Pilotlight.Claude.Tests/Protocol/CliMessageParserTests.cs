using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Tests.Protocol;

/// <summary>Lines as CLI 2.1.330 printed them, and lines as no CLI should.</summary>
public sealed class CliMessageParserTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_text_delta_is_read() => Assert.Equal(
        new CliDelta(CliDeltaKind.Text, "hello ", false),
        Parse("""{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello "}},"session_id":"s","parent_tool_use_id":null,"uuid":"u"}"""));

    [Fact]
    public void A_result_is_read_though_its_type_comes_last()
    {
        var result = Assert.IsType<CliResult>(Parse(
            """{"stop_reason":"end_turn","total_cost_usd":0.00010029999999999998,"usage":{"input_tokens":10,"cache_creation_input_tokens":4,"cache_read_input_tokens":3,"output_tokens":7},"modelUsage":{"claude-sonnet-5-5":{"outputTokens":7}},"terminal_reason":"completed","is_error":false,"num_turns":1,"subtype":"success","api_error_status":null,"result":"hello world","type":"result"}"""));

        Assert.Equal(new CliUsage(10, 7, 3, 4), result.Usage);
        Assert.Equal(("success", false, "hello world", 1), (result.Subtype, result.IsError, result.Text, result.TurnCount));
        Assert.Equal(7, result.UsageByModel["claude-sonnet-5-5"].OutputTokens);
        Assert.Equal(0.0001003m, Math.Round(result.TotalCostUsd!.Value, 7));
    }

    [Fact]
    public void A_retry_is_read() => Assert.Equal(
        new CliApiRetry(1, 10, TimeSpan.FromMilliseconds(502), 529, "overloaded"),
        Parse("""{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":502,"error_status":529,"error":"overloaded"}"""));

    [Theory]
    [InlineData("51e40076", 86_400_000)]
    [InlineData("-5", 0)]
    [InlineData("\"soon\"", 0)]
    public void A_delay_beyond_all_time_is_no_fault(string delay, long milliseconds) => Assert.Equal(
        TimeSpan.FromMilliseconds(milliseconds),
        Assert.IsType<CliApiRetry>(Parse($$"""{"type":"system","subtype":"api_retry","retry_delay_ms":{{delay}}}""")).Delay);

    [Fact]
    public void A_stream_that_was_cut_has_no_message_end() => Assert.IsType<CliUnknown>(Parse(
        """{"type":"stream_event","event":{"type":"message_stop"},"session_id":"s"}"""));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("not json at all")]
    [InlineData("{\"type\":")]
    [InlineData("{\"type\":7}")]
    [InlineData("{\"type\":\"of_tomorrow\",\"field\":{\"deep\":[1,2,{}]}}")]
    [InlineData("{\"type\":\"stream_event\",\"event\":{\"type\":\"of_tomorrow\"}}")]
    public void What_is_not_known_is_unknown_and_no_fault(string line) => Assert.IsType<CliUnknown>(Parse(line));

    [Fact]
    public void A_result_whose_fields_changed_shape_is_still_a_result() => Assert.IsType<CliResult>(Parse(
        """{"type":"result","subtype":"success","is_error":"no","usage":7,"modelUsage":[1],"total_cost_usd":"free","num_turns":"one","result":{"a":1}}"""));

    [Fact]
    public void A_hundred_thousand_mutated_lines_break_nothing()
    {
        var random = new Random(20261123);
        var seed = Encoding.UTF8.GetBytes("""{"type":"assistant","message":{"id":"m","model":"x","content":[{"type":"text","text":"é€😀"},{"type":"tool_use","id":"t","name":"Bash","input":{"a":[1,2]}}]},"parent_tool_use_id":null}""");
        for (var round = 0; round < 100_000; round++)
        {
            var line = seed.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                line[random.Next(line.Length)] = (byte)random.Next(256);
            }

            Assert.NotNull(CliMessageParser.Parse(new ReadOnlySequence<byte>(line.AsMemory(0, random.Next(line.Length + 1)))));
        }
    }

    [Fact]
    public async Task Lines_are_cut_wherever_the_pipe_cuts_them()
    {
        var pipe = new Pipe();
        var lines = new LineReader(pipe.Reader, 1024);
        var seen = new List<string>();
        var reading = Task.Run(async () =>
        {
            while (await lines.ReadAsync(line => seen.Add(Encoding.UTF8.GetString(line)), Token))
            {
            }
        }, Token);

        foreach (var value in "one\n\ntwo two\nunfinished")
        {
            await pipe.Writer.WriteAsync(new[] { (byte)value }, Token);
        }

        await pipe.Writer.CompleteAsync();
        await reading;
        Assert.Equal(["one", "", "two two"], seen);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_an_error_and_one_of_many_megabytes_is_not()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(new byte[2048], Token);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await new LineReader(pipe.Reader, 1024).ReadAsync(_ => { }, Token));

        var large = PipeReader.Create(
            new MemoryStream([.. new byte[48 * 1024 * 1024], (byte)'\n']), new StreamPipeReaderOptions(bufferSize: 16 * 1024)); // As a child's output is read.
        var length = 0L;
        Assert.True(await new LineReader(large, 64 * 1024 * 1024).ReadAsync(line => length = line.Length, Token));
        Assert.Equal(48 * 1024 * 1024, length);
    }

    private static CliMessage Parse(string line) => CliMessageParser.Parse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(line)));
}
