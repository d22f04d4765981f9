using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Histories as clients keep them.</summary>
public sealed class HistoryTests
{
    [Fact]
    public void What_providers_and_clients_note_beside_a_message_is_left_alone()
    {
        var request = Reading.Read(Reading.OpenAi, """
            "messages":[{"role":"system","content":"s","name":"rules"},{"role":"user","content":"a","name":"ada"},
            {"role":"assistant","content":"b","id":"x","reasoning_content":"why","reasoning_details":[{"text":"why"}],"provider_specific_fields":{"a":1},"annotations":[],"audio":null,"refusal":null,
             "tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":""},"extra_content":{}}]},
            {"role":"tool","tool_call_id":"1","name":"f","content":null},
            {"role":"user","content":[{"type":"text","text":"c","cache_control":{"type":"ephemeral"}}]}]
            """);

        Assert.Equal("s", request.SystemPrompt);
        Assert.Equal(["a", "b"], request.History.Select(message => message.Text));
        Assert.Equal([new UserToolResult("1", ""), new UserText("c")], request.Content);
    }

    [Fact]
    public void Answers_in_a_row_are_one_with_calls_that_were_split_over_them()
    {
        var request = Reading.Read(Reading.OpenAi, """
            "messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"assistant","content":"","tool_calls":[{"id":"2","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"1","content":"one"},{"role":"user","content":"and"},{"role":"tool","tool_call_id":"2","content":"two"}]
            """);

        Assert.Equal(["a", "b"], request.History.Select(message => message.Text));
        Assert.Equal(["1", "2"], request.History[1].Calls.Select(call => call.ToolUseId));
        Assert.Equal([new UserToolResult("1", "one"), new UserToolResult("2", "two"), new UserText("and")], request.Content);
    }

    [Fact]
    public void What_was_said_before_a_result_stands_after_it()
    {
        var request = Reading.Read(Reading.Anthropic, """
            "messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"text","text":"wait"},{"type":"tool_result","tool_use_id":"1","content":"r"}]}]
            """);

        Assert.Equal([new UserToolResult("1", "r"), new UserText("wait")], request.Content);
    }

    [Theory]
    [InlineData(Reading.OpenAi)]
    [InlineData(Reading.Anthropic)]
    public void Blank_text_is_left_out(string api)
    {
        var request = Reading.Read(api, """
            "messages":[{"role":"user","content":"a"},{"role":"assistant","content":" \n"},{"role":"user","content":""},
            {"role":"user","content":[{"type":"text","text":"\t"},{"type":"text","text":"b"}]}]
            """);

        Assert.Empty(request.History);
        Assert.Equal([new UserText("a"), new UserText("b")], request.Content);
    }

    [Theory]
    [InlineData(Reading.OpenAi, """[{"role":"user","content":"  "}]""")]
    [InlineData(Reading.OpenAi, """[{"role":"user","content":[]}]""")]
    [InlineData(Reading.OpenAi, "[]")]
    [InlineData(Reading.OpenAi, """[{"role":"system","content":"s"}]""")]
    [InlineData(Reading.Anthropic, """[{"role":"user","content":[{"type":"text","text":" "}]}]""")]
    [InlineData(Reading.Anthropic, """[{"role":"assistant","content":"a"}]""")]
    public void Where_nothing_is_left_to_answer_the_call_is_refused(string api, string messages) =>
        Assert.Contains("last message", Reading.Fault(api, $"\"messages\":{messages}").Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData(Reading.OpenAi, "system")]
    [InlineData(Reading.OpenAi, "developer")]
    [InlineData(Reading.Anthropic, "system")]
    public void A_note_of_the_system_in_the_middle_is_folded_in_place_and_the_conversation_stays_the_same(string api, string role)
    {
        var plain = Reading.Read(api, """ "messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]""");
        var noted = Reading.Read(api, $$$""" "messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"{{{role}}}","content":"brief"},{"role":"user","content":"c"}]""");

        Assert.Equal([new SystemNote("brief")], noted.Settings.SystemNotes);
        Assert.Equal([new UserText("<system-note>\nbrief\n</system-note>"), new UserText("c")], noted.Content);
        Assert.Equal(HistoryFingerprint.Exact("k", plain, plain.History), HistoryFingerprint.Exact("k", noted, noted.History));
    }

    [Fact]
    public void What_stands_first_in_the_messages_is_the_system_prompt()
    {
        var request = Reading.Read(Reading.Anthropic, """ "system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}],"messages":[{"role":"system","content":"c"},{"role":"user","content":"d"}]""");

        Assert.Equal("a\n\nb\n\nc", request.SystemPrompt);
        Assert.Empty(request.Settings.SystemNotes);
    }

    [Theory]
    [InlineData(Reading.OpenAi)]
    [InlineData(Reading.Anthropic)]
    public void An_answer_that_was_begun_is_told_as_its_beginning(string api)
    {
        var request = Reading.Read(api, """ "messages":[{"role":"user","content":"a"},{"role":"assistant","content":"{ "}]""");

        Assert.Equal("{", request.Settings.Prefill);
        Assert.Equal([new UserText("a")], request.Content);
    }

    [Fact]
    public void What_the_model_thought_and_what_the_apis_own_tools_did_is_not_told_again()
    {
        var request = Reading.Read(Reading.Anthropic, """
            "messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"x"},
            {"type":"server_tool_use","id":"s1","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s1","content":[]},{"type":"text","text":"b","citations":null}]},
            {"role":"user","content":"c"}]
            """);

        Assert.Equal(["a", "b"], request.History.Select(message => message.Text));
    }
}
