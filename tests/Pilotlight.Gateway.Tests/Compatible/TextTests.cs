using System.Text;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Text as clients cut it.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData("""["\ud83d"]""", """["\ufffd"]""")]
    [InlineData("""["\ude00"]""", """["\ufffd"]""")]
    [InlineData("""["a\uD83Db"]""", """["a\ufffdb"]""")]
    [InlineData("""["\ud83d\ude00"]""", """["\ud83d\ude00"]""")]
    [InlineData("""["\ud83d\ud83d\ude00"]""", """["\ufffd\ud83d\ude00"]""")]
    [InlineData("""["\ude00\ud83d"]""", """["\ufffd\ufffd"]""")]
    [InlineData("""["\\ud83d"]""", """["\\ud83d"]""")]
    [InlineData("""["\\\ud83d"]""", """["\\\ufffd"]""")]
    [InlineData("""["\ud83d\n\ude00"]""", """["\ufffd\n\ufffd"]""")]
    [InlineData("""{"\ud83d":1}""", """{"\ufffd":1}""")]
    [InlineData("""["\u0041\""]""", """["\u0041\""]""")]
    [InlineData("[\"\\", "[\"\\")]
    [InlineData("[\"\\ud8", "[\"\\ud8")]
    [InlineData("[\"\\uzzzz\"]", "[\"\\uzzzz\"]")]
    public void Half_of_a_character_becomes_the_replacement_character_and_nothing_else_changes(string json, string mended)
    {
        var bytes = Encoding.UTF8.GetBytes(json);

        JsonText.Mend(bytes);

        Assert.Equal(mended, Encoding.UTF8.GetString(bytes));
    }

    [Theory]
    [InlineData(Reading.OpenAi)]
    [InlineData(Reading.Anthropic)]
    public void It_is_served_in_any_string_and_in_any_name(string api)
    {
        var request = Reading.Read(api, """
            "\ud83d":1, "user":"\ud83d", "messages":[{"role":"user","content":"a\ud83d b","\ude00":"\ude00"},
            {"role":"assistant","content":"\ud83d"},{"role":"user","content":[{"type":"text","text":"\ude00!"}]}]
            """);

        Assert.Equal("a\uFFFD b", request.History[0].Text);
        Assert.Equal("\uFFFD", request.History[1].Text);
        Assert.Equal(new UserText("\uFFFD!"), request.Content[0]);
    }

    [Fact]
    public void It_is_served_inside_the_arguments_of_a_call()
    {
        var request = Reading.Read(Reading.OpenAi, """
            "messages":[{"role":"user","content":"a"},
            {"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\ud83d\":\"\\ud83d\",\"a\ud83d\":2}"}}]},
            {"role":"tool","tool_call_id":"1","content":"b"}]
            """);

        Assert.Equal(2, request.History[1].Calls[0].Input.GetProperty("a\uFFFD").GetInt32());
    }

    [Theory]
    [InlineData(new byte[] { 0xED, 0xA0, 0xBD })]
    [InlineData(new byte[] { 0xFF, 0xFE })]
    [InlineData(new byte[] { 0xC3 })]
    public void Bytes_that_are_no_utf8_are_refused_for_that(byte[] bytes)
    {
        byte[] body = [.. "{\"model\":\""u8, .. bytes, .. "\"}"u8];

        var fault = Assert.Throws<ProblemException>(() => JsonBody.Mended(body));

        Assert.Contains("not UTF-8", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_of_the_byte_order_is_no_part_of_the_body() =>
        Assert.Equal("hi", ((UserText)Reading.Read(Reading.OpenAi, [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Reading.Body(""))]).Content[0]).Text);

    [Theory]
    [InlineData("[", 10_000, "nested deeper than 64")]
    [InlineData("{\"a\":", 10_000, "nested deeper than 64")]
    [InlineData("[],", 3_000_000, "more than")]
    public void What_would_take_too_much_to_hold_is_refused(string piece, int times, string says)
    {
        var body = Encoding.UTF8.GetBytes("[" + string.Concat(Enumerable.Repeat(piece, times)) + "0]");

        var fault = Assert.Throws<ProblemException>(() => JsonBody.Read(body));

        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }
}
