using Microsoft.Extensions.Logging;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Answers to what turns wait with: people's, and those of the clock and of ends that nobody asked for, which deny.</summary>
/// <remarks>Of all that answer one wins, on whichever server. Safe for concurrent use.</remarks>
internal sealed partial class ApprovalService(
    IApprovalStore approvals,
    ITurnStore turns,
    ThreadService threads,
    StoredTurns stored,
    WaitingTurns waits,
    TurnPlaces places,
    ITurnNodes nodes,
    ServerEpoch epoch,
    TimeProvider time,
    ILogger<ApprovalService> logger) : IDisposable
{
    // On this server one after the other: who comes second must find the turn running that the first has taken up.
    private readonly SemaphoreSlim _deciding = new(1);

    /// <summary>A thread's approvals, the newest last.</summary>
    public async Task<IReadOnlyList<Approval>> ListAsync(Caller caller, string threadId, CancellationToken cancellationToken)
    {
        await threads.RequireAsync(caller, threadId, cancellationToken);
        return await approvals.ListAsync(threadId, cancellationToken);
    }

    /// <summary>Takes a person's answer; the turn goes on.</summary>
    /// <exception cref="ProblemException">There is none such, it is over, or the answer is none.</exception>
    public async Task<Approval> AnswerAsync(Caller caller, string threadId, string approvalId, ApprovalAnswer answer, CancellationToken cancellationToken)
    {
        await threads.RequireAsync(caller, threadId, cancellationToken);
        var approval = await approvals.FindAsync(threadId, approvalId, cancellationToken) ?? throw ApprovalProblems.None(approvalId);
        if (approval.State != ApprovalState.Pending)
        {
            throw ApprovalProblems.Over(approvalId);
        }

        var decision = answer.Decide(approval, caller.KeyId);
        if (places.IsClosed)
        {
            throw TurnProblems.Stopping();
        }

        return await DecideAsync(approval, decision) switch
        {
            DecideStatus.Decided => approval with
            {
                State = decision.IsAllowed ? ApprovalState.Allowed : ApprovalState.Denied,
                Decision = decision,
                ResolvedAt = time.GetUtcNow(),
            },
            DecideStatus.Over => throw ApprovalProblems.Over(approvalId),
            _ => throw ApprovalProblems.None(approvalId),
        };
    }

    /// <summary>Denies what nobody can or need answer any more, and lets processes go that have waited long enough.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await waits.LetGoDueAsync();
        if (places.IsClosed)
        {
            return;
        }

        foreach (var (approval, by) in await approvals.ListOverdueAsync(time.GetUtcNow(), cancellationToken))
        {
            if (by == ApprovalDecision.Cancel)
            {
                await turns.CancelWaitingAsync(approval.TurnId, time.GetUtcNow(), cancellationToken);
            }
            else if (await DecideAsync(approval, new ApprovalDecision(false, by)) == DecideStatus.Decided)
            {
                LogDenied(logger, approval.Id, approval.Tool, by);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _deciding.Dispose();

    private async Task<DecideStatus> DecideAsync(Approval approval, ApprovalDecision decision)
    {
        await _deciding.WaitAsync();
        try
        {
            return await DecideAloneAsync(approval, decision);
        }
        finally
        {
            _deciding.Release();
        }
    }

    // Not by a request's token: what is decided must be run here, or be known not to be.
    private async Task<DecideStatus> DecideAloneAsync(Approval approval, ApprovalDecision decision)
    {
        // Where only one server's process can go on, or another node has one that waits, that one finds the turn to be run.
        var isHere = approval.Epoch == epoch.Value || decision.By == ApprovalDecision.Restart || (!approval.NeedsProcess && !await nodes.LookAsync(approval.Epoch));
        if (isHere)
        {
            epoch.Hold(approval.TurnId);
        }

        DecideResult result;
        try
        {
            result = await turns.DecideAsync(
                approval.ThreadId, approval.Id, decision, isHere ? epoch.Value : approval.Epoch, time.GetUtcNow(), CancellationToken.None);
        }
        catch
        {
            Let();
            throw;
        }

        if (result.Status != DecideStatus.Decided)
        {
            Let();
        }
        else if (isHere)
        {
            stored.RunPromised(result.Turn!);
        }
        else
        {
            await nodes.LookAsync(approval.Epoch);
        }

        return result.Status;

        // It runs, and is held, where another has decided before.
        void Let()
        {
            if (isHere && !stored.IsRunning(approval.TurnId))
            {
                epoch.LetGo(approval.TurnId);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Approval {Approval} of {Tool} was denied: {By}")]
    private static partial void LogDenied(ILogger logger, string approval, string tool, string by);
}
