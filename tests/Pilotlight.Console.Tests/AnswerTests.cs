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
