using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Turns that begin to wait for a person, and the processes that wait with them here: each is let go after a while.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class WaitingTurns(IClaudeConversations conversations, IApprovalStore approvals, IOptions<ClaudeOptions> claude, ServerEpoch epoch, TimeProvider time)
{
    private static readonly AgentProfileOptions s_defaults = new();

    private readonly ConcurrentDictionary<string, long> _letGoAt = new(StringComparer.Ordinal);

    /// <summary>How many processes wait here and are going to be let go.</summary>
    public int Count => _letGoAt.Count;

    /// <summary>What a turn is going to wait with.</summary>
    public Approval Create(Turn turn, string? profile, TurnAwaitsApproval awaits, BookedUsage? before, Bill? bill)
    {
        var (request, now) = (awaits.Request, time.GetUtcNow());
        var settings = SettingsOf(profile);
        var used = before ?? BookedUsage.None;
        return new Approval(
            Ids.New("apr"), turn.ThreadId, turn.Id, request.ToolUseId, request.ToolName, request.Input, request is { IsQuestion: true, Reason.Length: > 0 } ? request.Reason : ApprovalTitle.Of(request.ToolName, request.Input), now, now + settings.ApprovalTimeout)
        {
            IsQuestion = request.IsQuestion,
            NeedsProcess = awaits.NeedsProcess,
            Epoch = epoch.Value,
            Booked = new BookedUsage(used.Usage + (bill?.Usage ?? TurnUsage.None), used.CostUsd + (bill?.CostUsd ?? 0)),
        };
    }

    /// <summary>A turn waits: its process is let go in a while, unless nothing else could go on with it.</summary>
    public void Began(Approval approval, string? profile)
    {
        if (!approval.NeedsProcess)
        {
            _letGoAt[approval.ThreadId] = time.GetTimestamp() + (long)(SettingsOf(profile).ApprovalHold.TotalSeconds * time.TimestampFrequency);
        }
    }

    /// <summary>A thread's turn is taken up: whatever process it has stays.</summary>
    public void TakenUp(string threadId) => _letGoAt.TryRemove(threadId, out _);

    /// <summary>Lets go of the process of a thread whose turn is not going to be taken up.</summary>
    public async Task LetGoAsync(string threadId)
    {
        TakenUp(threadId);
        await conversations.ForgetAsync(threadId, CancellationToken.None);
    }

    /// <summary>Lets go of those that have waited long enough.</summary>
    public async Task LetGoDueAsync()
    {
        foreach (var (threadId, due) in _letGoAt)
        {
            if (time.GetTimestamp() >= due)
            {
                await LetGoAsync(threadId);
            }
        }
    }

    /// <summary>Who is asked in a turn, and what was decided in its thread before.</summary>
    public async ValueTask<Conversation> WithRulesAsync(Conversation conversation, bool canAsk, CancellationToken cancellationToken)
    {
        if (conversation.Profile is not { Length: > 0 } profile || !claude.Value.Profiles.ContainsKey(profile))
        {
            return conversation;
        }

        var remembered = await approvals.ListRememberedAsync(conversation.Id, cancellationToken);
        return conversation with { Approvals = new(canAsk, remembered.Count == 0 ? null : new RememberedDecisions(remembered).For) };
    }

    private AgentProfileOptions SettingsOf(string? profile) => profile is not null && claude.Value.Profiles.TryGetValue(profile, out var settings) ? settings : s_defaults;
}
