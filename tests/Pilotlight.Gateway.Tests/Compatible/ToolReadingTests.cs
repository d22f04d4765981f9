using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Functions as clients declare them.</summary>
public sealed class ToolReadingTests
{
    [Theory]
    [InlineData("{}", """{"type":"object","properties":{}}""")]
    [InlineData("null", """{"type":"object","properties":{}}""")]
    [InlineData("true", """{"type":"object","properties":{}}""")]
    [InlineData("""{"type":["object","null"],"properties":{"a":{"type":"string"}}}""", """{"type":"object","properties":{"a":{"type":"string"}}}""")]
    [InlineData("""{"type":null}""", """{"type":"object","properties":{}}""")]
    [InlineData("""{"type":[]}""", """{"type":"object","properties":{}}""")]
    [InlineData("""{"$schema":"x","properties":{},"required":[]}""", """{"type":"object","properties":{},"required":[]}""")]
    [InlineData("""{"properties":{"a":1},"properties":{"b":1}}""", """{"type":"object","properties":{"b":1}}""")]
    public void A_schema_that_leaves_out_that_it_is_an_objects_is_completed(string schema, string completed)
    {
        var request = Reading.Read(Reading.OpenAi, $$$""" "tools":[{"type":"function","function":{"name":"f","parameters":{{{schema}}}}}]""");

        Assert.Equal(completed, request.Tools[0].JsonSchema.GetRawText());
    }

    [Theory]
    [InlineData("""{"type":"string"}""")]
    [InlineData("""{"type":["string","null"]}""")]
    [InlineData("\"x\"")]
    public void A_schema_of_anything_else_is_refused(string schema) => Assert.Contains(
        "not of an object",
        Reading.Fault(Reading.Anthropic, $$$""" "tools":[{"name":"f","input_schema":{{{schema}}}}]""").Detail,
        StringComparison.Ordinal);

    [Fact]
    public void What_Claude_Code_says_of_its_tools_is_read()
    {
        var request = Reading.Read(Reading.Anthropic, """
            "tools":[{"type":"custom","name":"Read","description":"d","input_schema":{"type":"object"},"strict":false,"eager_input_streaming":true,"defer_loading":true,
            "input_examples":[{"a":1}],"cache_control":{"type":"ephemeral"},"allowed_callers":["direct"]},{"name":"Write","input_schema":{"type":"object"},"strict":true}]
            """);

        Assert.Equal(["Read", "Write"], request.Tools.Select(tool => tool.Name));
        Assert.Equal(["Write"], request.Settings.StrictTools);
    }

    [Fact]
    public void Names_may_be_as_long_as_each_api_takes_them_and_find_back_to_the_caller()
    {
        var name = new string('n', 128);
        var request = Reading.Read(Reading.Anthropic, $$$""" "tools":[{"name":"{{{name}}}","input_schema":{}},{"name":"{{{name[1..]}}}","input_schema":{}}]""");
        var onCli = CallerToolNames.Declared(request.Tools);

        Assert.All(onCli, tool => Assert.Equal(CallerToolNames.LongestOnCli, tool.Name.Length));
        Assert.Equal([name, name[1..]], onCli.Select(tool => CallerToolNames.Told(tool.Name, request.Tools)));
        Assert.Contains("1 to 128", Reading.Fault(Reading.Anthropic, $$$""" "tools":[{"name":"n{{{name}}}","input_schema":{}}]""").Detail, StringComparison.Ordinal);
        Assert.Contains("1 to 64", Reading.Fault(Reading.OpenAi, $$$""" "tools":[{"type":"function","function":{"name":"{{{name}}}"}}]""").Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Reading.OpenAi, "\"required\"", "Any", null)]
    [InlineData(Reading.OpenAi, "\"none\"", "None", null)]
    [InlineData(Reading.OpenAi, """{"type":"function","function":{"name":"f"}}""", "Tool", "f")]
    [InlineData(Reading.OpenAi, """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}""", "Any", null)]
    [InlineData(Reading.Anthropic, """{"type":"any"}""", "Any", null)]
    [InlineData(Reading.Anthropic, """{"type":"none"}""", "None", null)]
    [InlineData(Reading.Anthropic, """{"type":"tool","name":"f"}""", "Tool", "f")]
    [InlineData(Reading.Anthropic, "null", "Auto", null)]
    public void A_choice_is_read(string api, string choice, string kind, string? tool)
    {
        var tools = api == Reading.OpenAi
            ? """[{"type":"function","function":{"name":"f"}},{"function":{"name":"g","parameters":{}}}]"""
            : """[{"name":"f","input_schema":{}},{"name":"g","input_schema":{}}]""";

        var request = Reading.Read(api, $""" "tools":{tools},"tool_choice":{choice} """);

        Assert.Equal(new ToolChoice(Enum.Parse<ToolChoiceKind>(kind), tool), request.Settings.ToolChoice);
        Assert.Equal(kind == "None" ? 0 : choice.Contains("allowed", StringComparison.Ordinal) ? 1 : 2, request.Tools.Count);
    }

    [Fact]
    public void One_call_at_a_time_is_read_on_both()
    {
        Assert.True(Reading.Read(Reading.OpenAi, "\"parallel_tool_calls\":false").Settings.OneCallAtATime);
        Assert.True(Reading.Read(Reading.Anthropic, """ "tool_choice":{"type":"auto","disable_parallel_tool_use":true} """).Settings.OneCallAtATime);
    }

    [Fact]
    public void Pictures_and_documents_in_a_result_are_parts_of_it()
    {
        var request = Reading.Read(Reading.Anthropic, $$$"""
            "messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"see"},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{MediaTests.Png}}}"}}]}]}]
            """);

        var result = Assert.IsType<UserToolResult>(request.Content[0]);
        Assert.Equal("see", result.Text);
        Assert.Collection(result.Content!, part => Assert.IsType<UserText>(part), part => Assert.Equal("image/png", Assert.IsType<UserImage>(part).MediaType));
        Assert.True(request.AnswersCalls);
    }
}
