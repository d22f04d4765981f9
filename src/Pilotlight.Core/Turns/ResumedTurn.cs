using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Steps;

namespace Pilotlight.Core.Turns;

/// <summary>A turn that a person's decision takes up: what it was, and what is said to the process that goes on with it. One instance a part of a turn.</summary>
/// <remarks>
/// The process that waited tells the whole turn at its end, text and tokens from its beginning; another one knows of its own part alone. Readers are told one turn.
/// </remarks>
internal sealed class ResumedTurn
{
    private readonly string _saidBefore;
    private bool _isSame;

    public ResumedTurn(Approval approval, IReadOnlyList<StoredEvent> events, int mostOfTool)
    {
        Approval = approval;
        Events = events;
        var story = TurnStory.Read(events.Select(stored => (stored.Type, stored.Data)), mostOfTool);
        (_saidBefore, Steps, Acquire) = (story.Text, story.Steps, story.Acquire);
    }

    /// <summary>What was decided.</summary>
    public Approval Approval { get; }

    /// <summary>What happened so far.</summary>
    public IReadOnlyList<StoredEvent> Events { get; }

    /// <summary>What its tools did so far, the call that was decided the last.</summary>
    public IReadOnlyList<MessageStep> Steps { get; }

    /// <summary>Where its first process came from.</summary>
    public string? Acquire { get; }

    /// <summary>What was booked so far.</summary>
    public TurnUsage UsedBefore => Approval.Booked.Usage;

    /// <summary>All text so far.</summary>
    public string Text => _saidBefore;

    /// <summary>Whether the call can be run as decided; otherwise the model is told that it did not.</summary>
    public bool CanRun => Approval.Decision is { By: not ApprovalDecision.Restart };

    /// <summary>What is said to the process.</summary>
    public IReadOnlyList<UserContent> Content => CanRun
        ? [new UserToolDecision(Approval.ToolUseId, DecisionOf(Approval))]
        : [.. Steps.SelectMany(step => step.Calls).Where(call => !call.HasReturned).Select(call => StepReplay.Lost(call.Id))];

    /// <summary>The turn so far, as a process is told it that has not heard it.</summary>
    public IEnumerable<HistoryMessage> History(IReadOnlyList<HistoryMessage> question) =>
        [.. question, .. StepReplay.Messages(Steps, Text, waiting: call => CanRun ? call.Id == Approval.ToolUseId : !call.HasReturned)];

    /// <summary>A process has the turn; what was booked before is booked no more.</summary>
    public void Began(TurnStarted started, TurnLease lease)
    {
        _isSame = started.Source == AcquireSource.Hot;
        if (_isSame)
        {
            lease.Resume(UsedBefore, Approval.Booked.CostUsd);
        }
    }

    /// <summary>What is told again after what was said is void.</summary>
    public string Repeated => _isSame ? "" : _saidBefore;

    /// <summary>The end as it is the whole turn's.</summary>
    public TurnEvent Whole(TurnEvent end) => _isSame ? end : end switch
    {
        TurnCompleted completed => completed with
        {
            Text = _saidBefore + completed.Text,
            Usage = UsedBefore + completed.Usage,
            CostUsd = completed.CostUsd is { } cost ? Approval.Booked.CostUsd + cost : null,
        },
        TurnFailed failed => failed with { PartialText = _saidBefore + failed.PartialText },
        TurnCancelled cancelled => cancelled with { PartialText = _saidBefore + cancelled.PartialText },
        TurnAwaitsApproval awaits => awaits with { PartialText = _saidBefore + awaits.PartialText },
        _ => end,
    };

    private static ToolDecision DecisionOf(Approval approval) => approval.Decision switch
    {
        { IsAllowed: true, Input: { } input } => ToolDecision.Allow(input),
        { IsAllowed: true } => ToolDecision.Allow(),
        { Message: { } message } => ToolDecision.Deny(message),
        { By: ApprovalDecision.Deadline } => ToolDecision.Deny("Nobody answered in time, so this was not permitted. Do not try again by another way; say what you wanted to do."),
        _ => ToolDecision.Deny(approval.IsQuestion ? "The user did not want to answer." : "The user did not permit this. Do not try again by another way."),
    };
}
