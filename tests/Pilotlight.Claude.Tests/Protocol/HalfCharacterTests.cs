using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Protocol;

/// <summary>Half of a surrogate pair, on its way to the CLI and back, costs nothing around it.</summary>
public sealed class HalfCharacterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Halves_in_two_pieces_of_the_models_text_are_joined_and_nothing_around_them_is_lost() =>
        Assert.Equal("one 😀 two � three", Text(Delta("""one \ud83d"""), Delta("""\ude00 two """), Delta("""\ude00 three""")));

    [Fact]
    public void One_whose_other_never_comes_is_told_as_unknown() =>
        Assert.Equal("cut �", Text(Delta("""cut \ud83d"""), """{"type":"stream_event","event":{"type":"message_delta","delta":{"stop_reason":"end_turn"}}}"""));

    [Fact]
    public void A_call_of_a_tool_with_one_is_told()
    {
        var call = Assert.Single(Read(
            """{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"echo \ud83d \\ud83d"}}]}}""").OfType<ToolStarted>());

        Assert.Equal("""echo � \ud83d""", call.Input.GetProperty("command").GetString());
    }

    [Fact]
    public async Task A_line_that_cannot_be_written_leaves_nothing_of_it_in_the_pipe()
    {
        var pipe = new Pipe();
        await using var connection = new CliConnection(PipeReader.Create(Stream.Null), pipe.Writer, TimeProvider.System);

        await Assert.ThrowsAnyAsync<Exception>(async () => await connection.WriteAsync(
            writer =>
            {
                writer.WriteStartObject();
                writer.WritePropertyName("input"u8);
                JsonDocument.Parse("""{"half":"\ud83d"}""").RootElement.WriteTo(writer);
                writer.WriteEndObject();
            },
            Token));
        await connection.WriteAsync(writer => CliLines.User(writer, JsonDocument.Parse("""["\ud83d"]""").RootElement.ToNode()!), Token);

        var written = Encoding.UTF8.GetString((await pipe.Reader.ReadAsync(Token)).Buffer.ToArray());
        Assert.StartsWith("""{"type":"user",""", written, StringComparison.Ordinal);
        Assert.Contains("FFFD", written, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_conversation_cut_in_one_is_served()
    {
        await using var host = await ClaudeHost.StartAsync();
        var call = new HistoryToolCall("toolu_1", "Bash", JsonDocument.Parse("""{"command":"echo \ud83d"}""").RootElement);
        var conversation = new Conversation
        {
            Id = "t",
            SystemPrompt = "half \ud83d",
            History =
            [
                new(HistoryRole.User, "half \ud83d"), new(HistoryRole.Assistant, "half \ud83d") { Calls = [call] },
                new(HistoryRole.User, "") { Content = [new UserToolResult("toolu_1", "half \ude00")] }, new(HistoryRole.Assistant, "whole"),
            ],
        };

        var events = await host.RunAsync(conversation, "half \ud83d", Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Equal("half �", host.Simulator.MessageRequests[^1].Messages[^1].Text);
    }

    private static string Delta(string json) =>
        $$$"""{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{json}}}"}},"parent_tool_use_id":null}""";

    private static string Text(params string[] lines) => string.Concat(Read(lines).OfType<TextDelta>().Select(delta => delta.Text));

    private static IReadOnlyList<TurnEvent> Read(params string[] lines)
    {
        var reader = new TurnReader(CliTotals.None);
        return [.. lines.SelectMany(line => reader.Read(CliMessageParser.Parse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(line)))))];
    }
}
