using System.Text;
using System.Text.Json;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.WebConsole.Answers;

/// <summary>Where an answer is.</summary>
public enum AnswerStatus
{
    /// <summary>Asked for; nothing has come yet.</summary>
    Waiting,

    /// <summary>It is coming.</summary>
    Streaming,

    /// <summary>The API did not take it; the CLI tries again.</summary>
    Retrying,

    /// <summary>All of it is here.</summary>
    Complete,

    /// <summary>Stopped by its user.</summary>
    Cancelled,

    /// <summary>Broken off by the end of its server.</summary>
    Interrupted,

    /// <summary>Ended in an error.</summary>
    Failed,
}

/// <summary>What the events of a turn add up to, for the eye. Not safe for concurrent use.</summary>
public sealed class Answer
{
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, ToolCallView> _tasks = new(StringComparer.Ordinal);
    private string? _whole;

    /// <summary>The id of the last event that was taken in; where to go on after a break.</summary>
    public long LastEventId { get; private set; }

    /// <summary>Counts what was taken in, so that a view knows whether it is stale.</summary>
    public int Version { get; private set; }

    public AnswerStatus Status { get; private set; }

    public string Text => _whole ??= _text.ToString();

    public string? Acquire { get; private set; }

    public double? AcquireMs { get; private set; }

    public double? TtftMs { get; private set; }

    public double? DurationMs { get; private set; }

    /// <summary>Where the wait for the first token went; null where it was not measured.</summary>
    public FirstTokenWait? FirstToken { get; private set; }

    public string? Model { get; private set; }

    public TurnUsage? Usage { get; private set; }

    public decimal? CostUsd { get; private set; }

    public string? StopReason { get; private set; }

    /// <summary>Whether the model is thinking, which it may do before it says anything.</summary>
    public bool IsThinking { get; private set; }

    /// <summary>Text and tools in their order.</summary>
    public AnswerParts Parts { get; } = new();

    /// <summary>What it waits with for its user; null for nothing.</summary>
    public ApprovalView? Approval { get; private set; }

    public RetryView? Retry { get; private set; }

    /// <summary>Turns at the thread's beginning that were left out, since they no longer fit.</summary>
    public int DroppedTurns { get; private set; }

    /// <summary>Whether what had been streamed was void and the model began anew.</summary>
    public bool BeganAnew { get; private set; }

    public string? ProblemTitle { get; private set; }

    public string? ProblemDetail { get; private set; }

    /// <summary>When the API takes calls again; null when it does not say.</summary>
    public DateTimeOffset? GoesOnAt { get; private set; }

    public bool IsRunning => Status <= AnswerStatus.Retrying;

    /// <summary>A stored answer.</summary>
    public static Answer Of(StoredMessage message)
    {
        var answer = new Answer
        {
            Status = message.Status switch
            {
                "complete" => AnswerStatus.Complete,
                "cancelled" => AnswerStatus.Cancelled,
                "interrupted" => AnswerStatus.Interrupted,
                _ => AnswerStatus.Failed,
            },
            Acquire = message.Acquire,
            TtftMs = message.TtftMs,
            DurationMs = message.DurationMs,
            FirstToken = message.FirstToken,
            Model = message.Model,
            Usage = message.Usage,
            CostUsd = message.CostUsd,
        };
        answer._text.Append(message.Text);
        answer.Take(message);
        return answer;
    }

    private void Take(StoredMessage message)
    {
        foreach (var name in message.Steps is null ? message.Tools ?? [] : [])
        {
            Parts.Call(new ToolCallView("", name, default) { IsDone = true });
        }

        // The steps' texts are the beginning of the message's.
        var told = 0;
        foreach (var step in message.Steps ?? [])
        {
            told += step.Text.Length;
            Parts.Say(step.Text);
            foreach (var call in step.Calls)
            {
                Parts.Call(ToolCallView.Of(call));
            }
        }

        Parts.Say(message.Text[Math.Min(told, message.Text.Length)..]);
    }

    /// <summary>Takes in one event; one that is older than the last is skipped, one of an unknown type changes nothing.</summary>
    public void Apply(StoredEvent stored)
    {
        if (stored.Id <= LastEventId)
        {
            return;
        }

        LastEventId = stored.Id;
        Version++;
        using var json = JsonDocument.Parse(stored.Data);
        Apply(stored.Type, json.RootElement);
    }

    /// <summary>Takes over only what a stored message does not say: why it failed, what was left out.</summary>
    public void Explain(IEnumerable<StoredEvent> events)
    {
        var told = new Answer();
        foreach (var stored in events)
        {
            told.Apply(stored);
        }

        (ProblemTitle, ProblemDetail, DroppedTurns, GoesOnAt) = (told.ProblemTitle, told.ProblemDetail, told.DroppedTurns, told.GoesOnAt);
        Status = told.IsRunning ? Status : told.Status;
        Version++;
    }

    /// <summary>Its events ended without an end: the thread was deleted, or another server has the turn.</summary>
    public void Abandon()
    {
        if (IsRunning)
        {
            ProblemTitle = "The answer cannot be followed any more";
            ProblemDetail = "Reload the page to see what is stored of it.";
            End(AnswerStatus.Interrupted);
            Version++;
        }
    }

    private void Apply(string type, JsonElement data)
    {
        switch (type)
        {
            case "turn.started":
                var acquire = data.GetProperty("acquire");
                (Acquire, AcquireMs) = (Word(acquire, "source"), Number(acquire, "ms"));
                break;
            case "text.delta":
                _text.Append(Word(data, "text"));
                Parts.Say(Word(data, "text") ?? "");
                (_whole, IsThinking, Retry, Status) = (null, false, null, AnswerStatus.Streaming);
                break;
            case "text.reset":
                _text.Clear();
                Parts.Reset();
                (_whole, BeganAnew, Status) = (null, true, AnswerStatus.Waiting);
                break;
            case "thinking.delta":
                (IsThinking, Retry) = (true, null);
                break;
            case "tool.started":
                Parts.Call(new ToolCallView(Word(data, "id") ?? "", Word(data, "name") ?? "tool", data.TryGetProperty("input", out var input) ? input.Clone() : default));
                break;
            case "tool.finished":
                var id = Word(data, "id");
                if (Parts.Tools.FirstOrDefault(tool => tool.Id == id) is { } call)
                {
                    (call.IsDone, call.IsError) = (true, data.TryGetProperty("isError", out var bad) && bad.ValueKind == JsonValueKind.True);
                    call.Output = Word(data, "result") ?? Word(data, "summary");
                }

                break;
            case "task.updated":
                Tell(data);
                break;
            case "approval.requested" or "question.asked":
                Approval = ApprovalView.Of(type, data);
                break;
            case "approval.resolved":
                Approval = null;
                break;
            case "retrying":
                Retry = new RetryView((int?)Number(data, "attempt") ?? 1, (int?)Number(data, "maxAttempts"), (int?)Number(data, "status"));
                Status = AnswerStatus.Retrying;
                break;
            case "context.truncated":
                DroppedTurns = (int?)Number(data, "droppedTurns") ?? 1;
                break;
            case "turn.completed":
                Complete(data);
                break;
            case "turn.cancelled":
                End(AnswerStatus.Cancelled);
                break;
            case "turn.failed":
                var problem = data.GetProperty("problem");
                (ProblemTitle, ProblemDetail) = (Word(problem, "title"), Word(problem, "detail"));
                GoesOnAt = problem.TryGetProperty("retryAt", out var at) && at.TryGetDateTimeOffset(out var goesOn) ? goesOn : null;
                End(Word(problem, "type")?.EndsWith(":interrupted", StringComparison.Ordinal) == true ? AnswerStatus.Interrupted : AnswerStatus.Failed);
                break;
        }
    }

    // What belongs to no call that is shown, a program of an earlier turn for instance, is not shown either.
    private void Tell(JsonElement data)
    {
        var id = Word(data, "taskId") ?? "";
        if (Word(data, "toolUseId") is { } toolUse && Parts.Tools.FirstOrDefault(tool => tool.Id == toolUse) is { } began)
        {
            _tasks[id] = began;
        }

        if (_tasks.GetValueOrDefault(id) is { } call)
        {
            var before = call.Task ?? TaskView.None;
            call.Task = new TaskView(
                Word(data, "agent") ?? before.Agent,
                Word(data, "description") ?? before.Doing,
                Word(data, "status") ?? before.Status,
                (int?)Number(data, "toolUses") ?? before.ToolUses,
                Word(data, "summary") ?? before.Report);
        }
    }

    private void Complete(JsonElement data)
    {
        (Model, TtftMs, DurationMs, StopReason) = (Word(data, "model"), Number(data, "ttftMs"), Number(data, "durationMs"), Word(data, "stopReason"));
        CostUsd = (decimal?)Number(data, "costUsd");
        FirstToken = data.TryGetProperty("firstToken", out var wait) ? wait.Deserialize<FirstTokenWait>(JsonSerializerOptions.Web) : null;
        if (data.TryGetProperty("usage", out var usage))
        {
            Usage = usage.Deserialize<TurnUsage>(JsonSerializerOptions.Web);
        }

        End(AnswerStatus.Complete);
    }

    private void End(AnswerStatus status) => (Status, IsThinking, Retry, Approval) = (status, false, null, null);

    private static string? Word(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}

/// <summary>A retry under way.</summary>
public sealed record RetryView(int Attempt, int? MaxAttempts, int? Status);
