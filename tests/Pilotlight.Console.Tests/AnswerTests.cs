using Pilotlight.Core.Steps;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.WebConsole.Answers;

namespace Pilotlight.Console.Tests;

/// <summary>What the events of a turn add up to on the page.</summary>
public sealed class AnswerTests
{
    [Fact]
    public void An_answer_is_put_together_from_its_events()
    {
        var answer = Of(
            ("turn.started", """{"turnId":"t","messageId":"m","acquire":{"source":"hot","ms":0.2}}"""),
            ("text.delta", """{"text":"Hello "}"""),
            ("text.delta", """{"text":"you."}"""),
            ("turn.completed", """{"messageId":"m","model":"some-model","usage":{"inputTokens":3,"outputTokens":5,"cacheReadTokens":7,"cacheWriteTokens":0},"costUsd":0.0012,"ttftMs":41.5,"durationMs":900}"""));

        Assert.Equal(("Hello you.", AnswerStatus.Complete, "hot", 41.5), (answer.Text, answer.Status, answer.Acquire, answer.TtftMs));
        Assert.Equal((7L, 0.0012m, "some-model"), (answer.Usage!.CacheReadTokens, answer.CostUsd, answer.Model));
    }

    [Fact]
    public void A_reset_voids_what_had_come_and_says_so()
    {
        var answer = Of(("text.delta", """{"text":"Wrong"}"""), ("text.reset", "{}"));
        Assert.Equal(("", true, AnswerStatus.Waiting), (answer.Text, answer.BeganAnew, answer.Status));

        answer.Apply(new StoredEvent(3, "text.delta", """{"text":"Right"}"""));
        Assert.Equal("Right", answer.Text);
    }

    [Fact]
    public void Retries_truncation_and_failure_are_told_as_what_they_are()
    {
        var retrying = Of(("retrying", """{"attempt":2,"maxAttempts":10,"delayMs":500,"status":529}"""));
        Assert.Equal((AnswerStatus.Retrying, 2, 529), (retrying.Status, retrying.Retry!.Attempt, retrying.Retry.Status));

        var truncated = Of(("context.truncated", """{"droppedTurns":4}"""));
        Assert.Equal(4, truncated.DroppedTurns);

        var failed = Of(("turn.failed", """{"problem":{"type":"urn:pilotlight:problem:upstream-failed","title":"The API failed","detail":"It said 500.","status":502}}"""));
        Assert.Equal((AnswerStatus.Failed, "The API failed", "It said 500."), (failed.Status, failed.ProblemTitle, failed.ProblemDetail));

        var interrupted = Of(("turn.failed", """{"problem":{"type":"urn:pilotlight:problem:interrupted","title":"The turn was interrupted","detail":"d","status":503}}"""));
        Assert.Equal(AnswerStatus.Interrupted, interrupted.Status);
    }

    [Fact]
    public void An_event_that_comes_twice_counts_once_and_an_unknown_one_changes_nothing()
    {
        var answer = Of(("text.delta", """{"text":"a"}"""), ("from.the.future", """{"x":[1]}"""));
        answer.Apply(new StoredEvent(1, "text.delta", """{"text":"a"}"""));

        Assert.Equal("a", answer.Text);
        Assert.Equal(2, answer.LastEventId);
    }

    [Fact]
    public void Tools_stand_between_what_was_said_before_and_after_them()
    {
        var answer = Of(
            ("text.delta", """{"text":"I look. "}"""),
            ("tool.started", """{"id":"a","name":"Read","input":{"file_path":"x"}}"""), ("tool.finished", """{"id":"a","isError":false,"summary":"old"}"""),
            ("tool.started", """{"id":"b","name":"Bash","input":{"command":"ls"}}"""), ("tool.finished", """{"id":"b","isError":false,"summary":"x"}"""),
            ("text.delta", """{"text":"I mend"}"""), ("text.reset", "{}"), ("text.delta", """{"text":"I look. "}"""), ("text.delta", """{"text":"I mend it."}"""),
            ("tool.started", """{"id":"c","name":"Edit","input":{"file_path":"x","old_string":"a","new_string":"b"}}"""));

        Assert.Equal([("I look. ", 2), ("I mend it.", 1)], answer.Parts.All.Select(part => (part.Text, part.Tools.Count)));
        Assert.Equal("I look. I mend it.", answer.Text);
    }

    [Fact]
    public void A_stored_answer_has_its_tools_in_the_same_places()
    {
        var answer = Answer.Of(new StoredMessage("m", "t", "u", "assistant", "I look. It is mended.", "complete", null, null, null, null, null, null, null, DateTimeOffset.UnixEpoch)
        {
            Steps = [new MessageStep("I look. ", [new StepCall("a", "Read", null, "old", false, null) { HasReturned = true }])],
        });

        Assert.Equal([("I look. ", 1), ("It is mended.", 0)], answer.Parts.All.Select(part => (part.Text, part.Tools.Count)));
    }

    [Fact]
    public void An_agent_that_was_given_work_is_called_by_its_name_and_tells_how_far_it_is()
    {
        var answer = Of(
            ("tool.started", """{"id":"a","name":"Agent","input":{"description":"review it","prompt":"look","subagent_type":"reviewer"}}"""),
            ("task.updated", """{"taskId":"t1","status":"running","kind":"agent","toolUseId":"a","agent":"reviewer","description":"review it","background":true}"""),
            ("tool.finished", """{"id":"a","isError":false,"summary":"launched"}"""),
            ("task.updated", """{"taskId":"t1","status":"running","description":"Reading x","toolUses":2}"""));
        var tool = Assert.Single(answer.Parts.Tools);
        Assert.Equal(("reviewer", "review it", "Reading x · 2 calls"), (tool.Name, tool.Subject, tool.Task!.State));

        answer.Apply(new StoredEvent(5, "task.updated", """{"taskId":"t1","status":"completed","summary":"All is well."}"""));
        answer.Apply(new StoredEvent(6, "task.updated", """{"taskId":"other","status":"completed"}"""));
        Assert.Equal(("done", "All is well.", true), (tool.Task.State, tool.Task.Report, tool.Task.IsOver));
    }

    private static Answer Of(params (string Type, string Data)[] events)
    {
        var answer = new Answer();
        foreach (var (at, (type, data)) in events.Index())
        {
            answer.Apply(new StoredEvent(at + 1, type, data));
        }

        return answer;
    }
}
