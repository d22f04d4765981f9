using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Sessions;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Tests.Protocol;

/// <summary>
/// What CLI 2.1.330 printed in real runs, read by the code that reads it live. Recorded anew with
/// <c>pilotlight conformance --record tests/Pilotlight.Claude.Tests/Transcripts</c>.
/// </summary>
public sealed class TranscriptTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder(), "*.jsonl").Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_recorded_run_is_read_to_its_end_with_each_turn_ended_by_a_result(string name)
    {
        var messages = await ReadAsync(Lines(name));

        // A wrong key is given up before its result.
        Assert.True(messages.OfType<CliResult>().Any() || name == "wrong-key");
        Assert.All(messages.OfType<CliInit>(), init =>
        {
            Assert.StartsWith("2.", init.Version, StringComparison.Ordinal);
            Assert.NotNull(init.SessionId);
            Assert.Equal("ANTHROPIC_API_KEY", init.ApiKeySource);
        });
    }

    [Fact]
    public async Task A_turn_is_its_text_its_model_and_its_own_cost()
    {
        var (events, completed) = Turn(await ReadAsync(Lines("turn")));

        Assert.Equal("one two three", completed.Text);
        Assert.Equal(["one ", "two ", "three"], events.OfType<TextDelta>().Select(delta => delta.Text));
        Assert.StartsWith("claude-sonnet", completed.Model, StringComparison.Ordinal);
        Assert.Equal("end_turn", completed.StopReason);
        Assert.True(completed.CostUsd > 0 && completed.Usage.OutputTokens > 0);
    }

    [Theory]
    [InlineData("turn")]
    [InlineData("thinking")]
    [InlineData("tool")]
    public async Task What_the_messages_of_a_turn_count_is_what_its_result_counts(string name)
    {
        var (reader, _, completed) = Read(await ReadAsync(Lines(name)));

        Assert.True(completed.Usage.InputTokens > 0);
        Assert.Equal(completed.Usage, reader.Used);
    }

    [Fact]
    public async Task A_cut_stream_resets_what_was_streamed_and_the_answer_stands_once()
    {
        var (events, completed) = Turn(await ReadAsync(Lines("cut")));

        Assert.Single(events.OfType<TextReset>());
        Assert.NotEmpty(events.OfType<TurnRetrying>());
        Assert.Equal("one two three four five", completed.Text);
    }

    [Fact]
    public async Task A_tool_is_told_when_it_starts_and_when_it_returns()
    {
        var (events, _) = Turn(await ReadAsync(Lines("tool")));

        var started = Assert.Single(events.OfType<ToolStarted>());
        var finished = Assert.Single(events.OfType<ToolFinished>());
        Assert.Equal(started.ToolUseId, finished.ToolUseId);
        Assert.Contains("from-the-tool", finished.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_key_an_overload_and_a_refused_request_say_their_status()
    {
        Assert.Equal(401, Assert.IsType<CliApiRetry>((await ReadAsync(Lines("wrong-key"))).First(message => message is CliApiRetry)).Status);
        Assert.Equal(529, Assert.IsType<CliApiRetry>((await ReadAsync(Lines("overload"))).First(message => message is CliApiRetry)).Status);
        var refused = (await ReadAsync(Lines("bad-request"))).OfType<CliResult>().Single();
        Assert.True(refused.IsError);
        Assert.Equal(400, refused.ApiErrorStatus);
        Assert.Equal(TurnErrorKind.InvalidRequest, TurnErrors.FromResult(refused, null).Kind);
    }

    [Fact]
    public async Task Lines_and_fields_of_tomorrow_change_nothing()
    {
        var lines = Lines("tool");
        var (events, completed) = Turn(await ReadAsync(lines));

        var tomorrow = lines.SelectMany(line =>
        {
            var node = JsonNode.Parse(line)!.AsObject();
            node.Insert(0, "of_tomorrow", new JsonObject { ["deep"] = new JsonArray(1, null, "x") });
            if (node["message"] is JsonObject message)
            {
                message["of_tomorrow"] = 7;
                (message["content"] as JsonArray)?.Insert(0, new JsonObject { ["type"] = "of_tomorrow", ["text"] = new JsonArray() });
            }

            return new[]
            {
                """{"type":"of_tomorrow","event":{"type":"message_start"}}""",
                node.ToJsonString(),
                """{"type":"stream_event","event":{"type":"of_tomorrow","delta":{"type":"of_tomorrow","text":5}}}""",
                """{"type":"system","subtype":"of_tomorrow","result":"no"}""",
            };
        }).ToArray();
        var (later, end) = Turn(await ReadAsync(tomorrow));

        Assert.Equal(events.Select(turnEvent => turnEvent.ToString()), later.Select(turnEvent => turnEvent.ToString()));
        Assert.Equal(completed, end);
    }

    [Fact]
    public async Task Fifty_thousand_broken_lines_crash_nothing_and_hold_nothing_up()
    {
        var mutator = new LineMutator([.. Names.SelectMany(name => Lines(name.Data)).Select(Encoding.UTF8.GetBytes)], 20261124);
        var pipe = new Pipe();
        await using var connection = new CliConnection(pipe.Reader, PipeWriter.Create(Stream.Null), TimeProvider.System);
        var writing = Task.Run(async () =>
        {
            for (var line = 0; line < 50_000; line++)
            {
                await pipe.Writer.WriteAsync((byte[])[.. mutator.Next(), (byte)'\n'], Token);
            }

            await pipe.Writer.CompleteAsync();
        }, Token);

        var reader = new TurnReader(CliTotals.None);
        var read = 0;
        await foreach (var message in connection.Messages.ReadAllAsync(Token))
        {
            read++;
            Assert.NotNull(message is CliResult result ? reader.Complete(result, null, TimeSpan.Zero) : (object)reader.Read(message).ToList());
        }

        await writing;
        Assert.True(read > 5_000);
    }

    [Fact]
    public async Task No_transcript_names_a_place_or_an_id_of_the_machine_it_came_from()
    {
        foreach (var file in Directory.GetFiles(Folder(), "*.jsonl"))
        {
            var text = await File.ReadAllTextAsync(file, Token);
            Assert.DoesNotContain("/tmp/", text, StringComparison.Ordinal);
            Assert.DoesNotMatch("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-", text);
        }
    }

    private static (IReadOnlyList<TurnEvent> Events, TurnCompleted End) Turn(IEnumerable<CliMessage> messages)
    {
        var (_, events, end) = Read(messages);
        return (events, end);
    }

    private static (TurnReader Reader, IReadOnlyList<TurnEvent> Events, TurnCompleted End) Read(IEnumerable<CliMessage> messages)
    {
        var reader = new TurnReader(CliTotals.None);
        var events = new List<TurnEvent>();
        foreach (var message in messages)
        {
            if (message is CliResult result)
            {
                return (reader, events, reader.Complete(result, null, TimeSpan.Zero));
            }

            events.AddRange(reader.Read(message));
        }

        throw new InvalidOperationException("The transcript has no result.");
    }

    private static async Task<IReadOnlyList<CliMessage>> ReadAsync(IEnumerable<string> lines)
    {
        var input = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines) + '\n'));
        await using var connection = new CliConnection(PipeReader.Create(input), PipeWriter.Create(Stream.Null), TimeProvider.System);
        var messages = new List<CliMessage>();
        await foreach (var message in connection.Messages.ReadAllAsync(Token))
        {
            messages.Add(message);
        }

        return messages;
    }

    private static string[] Lines(string name) => File.ReadAllLines(Path.Combine(Folder(), name + ".jsonl"));

    private static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(here))!, "Transcripts");
}
