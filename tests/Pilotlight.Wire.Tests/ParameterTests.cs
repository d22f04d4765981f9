using System.Text;
using System.Text.Json;
using Pilotlight.Wire.Bodies;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Tests;

/// <summary>What is set in a body, and that everything else stays as it came.</summary>
public sealed class ParameterTests
{
    private const string Body = """{"model":"m","messages":[{"role":"user","content":"h\u00e9 \ud83d\ude00"},{"role":"system","content":"env"},{"role":"assistant","content":"a"},{"role":"user","content":"b"}],"tools":[{"name":"A","input_schema":{"x":1.50e+3}},{"name":"B"}],"max_tokens":128000,"thinking":{"type":"adaptive"},"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"},{"type":"clear_tool_uses_20250919"}]},"output_config":{"effort":"medium","z":1},"metadata":{"user_id":"u","k":0.10},"stream":true}""";

    [Fact]
    public void A_body_in_which_nothing_is_set_is_the_same_bytes()
    {
        var bytes = Encoding.UTF8.GetBytes(" {\"b\" : 1e2 , \"a\":[ 1, {} ]}\n");

        var body = RequestBody.Parse(bytes);
        ParameterWriter.Write(body.Members!, CallParameters.None, isFirst: true);

        Assert.True(bytes.AsSpan().SequenceEqual(body.ToBytes().Span));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("{\"a\":")]
    [InlineData("{} {}")]
    public void What_is_no_json_object_passes_as_it_is(string text)
    {
        var body = RequestBody.Parse(Encoding.UTF8.GetBytes(text));

        Assert.Null(body.Members);
        Assert.Equal(text, Encoding.UTF8.GetString(body.ToBytes().Span));
        Assert.Equal(("", false, (int?)null), (body.Model, body.IsStreaming, body.MaxTokens));
    }

    [Fact]
    public void Only_what_is_set_changes_and_the_rest_keeps_its_bytes_and_its_order()
    {
        var text = Write(new() { Temperature = 1, StopSequences = ["„x“", "\n"], ServiceTier = "auto", UserId = "me", Effort = "high", Extra = Extra("safeguards", "{\"a\":[]}") });

        Assert.Equal(
            Body.Replace("\"effort\":\"medium\"", "\"effort\":\"high\"", StringComparison.Ordinal).Replace("\"user_id\":\"u\"", "\"user_id\":\"me\"", StringComparison.Ordinal)[..^1]
            + ""","safeguards":{"a":[]},"temperature":1,"stop_sequences":["„x“","\n"],"service_tier":"auto"}""",
            text);
    }

    [Fact]
    public void Values_are_put_in_place_of_those_that_are_there()
    {
        var body = Read(Write(new() { MaxTokens = 5, TopP = 0.5, OutputFormat = Json("""{"type":"json_schema"}"""), StrictTools = ["B"] }));

        Assert.Equal((5, 0.5), (body.GetProperty("max_tokens").GetInt32(), body.GetProperty("top_p").GetDouble()));
        Assert.Equal("""{"effort":"medium","z":1,"format":{"type":"json_schema"}}""", body.GetProperty("output_config").GetRawText());
        Assert.Equal("""[{"name":"A","input_schema":{"x":1.50e+3}},{"name":"B","strict":true}]""", body.GetProperty("tools").GetRawText());
        Assert.True(body.TryGetProperty("thinking", out _));
    }

    [Theory]
    [InlineData("temperature")]
    [InlineData("top_k")]
    [InlineData("prefill")]
    [InlineData("forced tool")]
    public void Thinking_goes_with_its_clearing_where_the_api_would_refuse_it(string what)
    {
        var parameters = what switch
        {
            "temperature" => new CallParameters { Temperature = 0.2 },
            "top_k" => new CallParameters { TopK = 3 },
            "prefill" => new CallParameters { Prefill = "{" },
            _ => new CallParameters { ToolChoice = Json("""{"type":"any"}""") },
        };

        foreach (var isFirst in new[] { true, false })
        {
            var body = Read(Write(parameters, isFirst));
            Assert.False(body.TryGetProperty("thinking", out _));
            Assert.Equal("""{"edits":[{"type":"clear_tool_uses_20250919"}]}""", body.GetProperty("context_management").GetRawText());
        }
    }

    [Fact]
    public void Thinking_that_is_asked_for_is_set_and_thinking_that_is_refused_is_not()
    {
        Assert.Equal("""{"type":"enabled","budget_tokens":2000}""", Read(Write(new() { Temperature = 0.2, Thinking = Json("""{"type":"enabled","budget_tokens":2000}""") })).GetProperty("thinking").GetRawText());
        Assert.Equal("""{"type":"disabled"}""", Read(Write(new() { Thinking = Json("""{"type":"disabled"}""") })).GetProperty("thinking").GetRawText());
        Assert.False(Read(Write(new() { Thinking = Json("null") })).TryGetProperty("thinking", out _));
    }

    [Fact]
    public void A_prefill_and_a_forced_tool_are_for_the_first_call_alone()
    {
        var parameters = new CallParameters { Prefill = "{\"", ToolChoice = Json("""{"type":"tool","name":"A"}""") };

        var (first, later) = (Read(Write(parameters)), Read(Write(parameters, isFirst: false)));

        Assert.Equal("""{"role":"assistant","content":"{\""}""", first.GetProperty("messages").EnumerateArray().Last().GetRawText());
        Assert.Equal(("tool", 5), (first.GetProperty("tool_choice").GetProperty("type").GetString(), first.GetProperty("messages").GetArrayLength()));
        Assert.False(later.TryGetProperty("tool_choice", out _));
        Assert.Equal(4, later.GetProperty("messages").GetArrayLength());
        Assert.True(Read(Write(new() { ToolChoice = Json("""{"type":"auto","disable_parallel_tool_use":true}""") }, isFirst: false)).TryGetProperty("tool_choice", out _));
    }

    [Fact]
    public void System_notes_stand_after_as_many_messages_as_they_say()
    {
        var body = Read(Write(new() { SystemNotes = [new(1, "one"), new(3, "three"), new(1, "one more"), new(99, "last")] }));

        Assert.Equal(
            ["user", "system env", "system one", "system one more", "assistant", "user", "system three", "system last"],
            body.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString() is "system" and var role ? $"{role} {message.GetProperty("content").GetString()}" : message.GetProperty("role").GetString()));
    }

    [Theory]
    [InlineData(100, 100, null)]
    [InlineData(200_000, 128_000, null)]
    [InlineData(5000, 5000, 4999)]
    [InlineData(800, 800, -1)]
    public void A_budget_lowers_max_tokens_and_what_thinking_needs_of_them(int allowed, int max, int? thinking)
    {
        var source = thinking is null ? Body : Body.Replace("""{"type":"adaptive"}""", """{"type":"enabled","budget_tokens":31999}""", StringComparison.Ordinal);
        var body = RequestBody.Parse(Encoding.UTF8.GetBytes(source));

        OutputBound.Apply(body.Members!, body.MaxTokens, CallAllowance.AtMost(allowed));

        var bounded = Read(Encoding.UTF8.GetString(body.ToBytes().Span));
        Assert.Equal(max, bounded.GetProperty("max_tokens").GetInt32());
        Assert.Equal(thinking is null or > 0, bounded.TryGetProperty("thinking", out var left));
        if (thinking > 0)
        {
            Assert.Equal(thinking, left.GetProperty("budget_tokens").GetInt32());
        }
    }

    [Fact]
    public void A_member_of_another_shape_than_the_apis_is_a_fault_and_not_a_guess()
    {
        var body = RequestBody.Parse("""{"metadata":7}"""u8.ToArray());

        Assert.ThrowsAny<JsonException>(() => ParameterWriter.Write(body.Members!, new() { UserId = "me" }, isFirst: true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void The_end_at_max_tokens_is_told_as_an_end_and_no_other_byte_is_touched(int size)
    {
        const string Events = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\"}}\r\n\ndata: {\"delta\":{\"text\":\"\\\"max_tokens\\\"\"}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\",\"x\":1.0},\"usage\":{\"output_tokens\":2}}\n\ndata: tail";

        Assert.Equal(Events.Replace("\"stop_reason\":\"max_tokens\"", "\"stop_reason\":\"end_turn\"", StringComparison.Ordinal), Edit(Events, size));

        var inTool = Events.Replace("{\"type\":\"text\"}", "{\"type\":\"tool_use\"}", StringComparison.Ordinal);
        Assert.Equal(inTool, Edit(inTool, size));

        static string Edit(string text, int size)
        {
            var (edit, output) = (new StopReasonEdit(), new System.Buffers.ArrayBufferWriter<byte>());
            foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(size))
            {
                edit.Write(piece, output);
            }

            edit.End(output);
            return Encoding.UTF8.GetString(output.WrittenSpan);
        }
    }

    private static string Write(CallParameters parameters, bool isFirst = true)
    {
        var body = RequestBody.Parse(Encoding.UTF8.GetBytes(Body));
        ParameterWriter.Write(body.Members!, parameters, isFirst);
        return Encoding.UTF8.GetString(body.ToBytes().Span);
    }

    private static JsonElement Read(string json) => JsonDocument.Parse(json).RootElement.Clone();

    private static JsonElement Json(string json) => Read(json);

    private static Dictionary<string, JsonElement> Extra(string name, string json) => new() { [name] = Json(json) };
}
