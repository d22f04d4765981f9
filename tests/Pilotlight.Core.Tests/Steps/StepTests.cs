using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Steps;

namespace Pilotlight.Core.Tests.Steps;

/// <summary>What tools did, as it is kept and as it is told again.</summary>
public sealed class StepTests
{
    private static readonly JsonElement s_input = JsonElement.Parse("""{"command":"ls"}""");

    [Fact]
    public void A_step_ends_where_a_tool_has_returned_and_something_else_begins()
    {
        var steps = new StepRecorder(100);
        steps.Say("I look. ");
        steps.Call("a", "Bash", s_input);
        steps.Call("b", "Bash", s_input);
        steps.Return("a", false, "one");
        steps.Return("b", true, "two");
        steps.Say("And again. ");
        steps.Call("c", "Read", s_input);
        steps.Return("c", false, "three");
        steps.Say("Done.");

        Assert.Equal(["I look. ", "And again. "], steps.Steps.Select(step => step.Text));
        Assert.Equal([["a", "b"], ["c"]], steps.Steps.Select(step => step.Calls.Select(call => call.Id)));
        Assert.Equal([("one", false), ("two", true)], steps.Steps[0].Calls.Select(call => (call.Result, call.IsError)));
    }

    [Fact]
    public void What_the_model_begins_anew_is_told_once()
    {
        var steps = new StepRecorder(100);
        steps.Say("Kept. ");
        steps.Call("a", "Bash", s_input);
        steps.Return("a", false, "one");
        steps.Say("Void");
        steps.Reset();
        steps.Say("Kept. ");
        steps.Say("New. ");
        steps.Call("b", "Bash", s_input);

        Assert.Equal(["Kept. ", "New. "], steps.Steps.Select(step => step.Text));
    }

    [Fact]
    public void What_is_too_large_is_said_to_be_left_out()
    {
        var steps = new StepRecorder(20);
        steps.Call("a", "Write", JsonElement.Parse($$"""{"content":"{{new string('x', 100)}}"}"""));
        steps.Return("a", false, new string('y', 19) + "\U0001F600" + new string('z', 50));

        var call = Assert.Single(Assert.Single(steps.Steps).Calls);
        Assert.Null(call.Input);
        Assert.Equal(new string('y', 19), call.Result);
        Assert.Equal("114 characters of the input were left out; 52 characters of the result were left out", call.LeftOut);
        var messages = StepReplay.Messages(steps.Steps, "The end.").ToArray();
        Assert.Contains("114 characters", messages[0].Calls![0].Input.GetRawText(), StringComparison.Ordinal);
        Assert.EndsWith("were left out]", Assert.IsType<UserToolResult>(messages[1].Content![0]).Text, StringComparison.Ordinal);
        Assert.Equal("The end.", messages[2].Text);
    }

    [Fact]
    public void Steps_are_told_as_calls_with_their_results_and_the_rest_of_the_text()
    {
        var steps = new StepRecorder(100);
        steps.Say("I look. ");
        steps.Call("a", "Bash", s_input);
        steps.Return("a", false, "one");
        steps.Call("b", "Bash", s_input);
        steps.Call("w", "Bash", s_input);

        var messages = StepReplay.Messages(StepJson.Read(StepJson.Write(steps.Steps))!, "I look. ", call => call.Id == "w").ToArray();

        Assert.Equal([HistoryRole.Assistant, HistoryRole.User, HistoryRole.Assistant, HistoryRole.User], messages.Select(message => message.Role));
        Assert.Equal(["b", "w"], messages[2].Calls!.Select(call => call.ToolUseId));
        var lost = Assert.IsType<UserToolResult>(Assert.Single(messages[3].Content!));
        Assert.Equal(("b", true), (lost.ToolUseId, lost.IsError));
    }
}
