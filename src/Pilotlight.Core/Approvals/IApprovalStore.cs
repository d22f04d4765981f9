namespace Pilotlight.Core.Approvals;

/// <summary>Where approvals are read. What begins and ends one is written with its turn. Safe for concurrent use.</summary>
public interface IApprovalStore
{
    /// <summary>A thread's approvals, the newest last.</summary>
    Task<IReadOnlyList<Approval>> ListAsync(string threadId, CancellationToken cancellationToken);

    /// <summary>One of a thread's; null when there is none.</summary>
    Task<Approval?> FindAsync(string threadId, string approvalId, CancellationToken cancellationToken);

    /// <summary>The one that a turn waited with last; null when it never did.</summary>
    Task<Approval?> FindLastAsync(string turnId, CancellationToken cancellationToken);

    /// <summary>Those that nobody can or need answer any more: over their time, of a turn that is to be cancelled, or of a process whose server is gone.</summary>
    Task<IReadOnlyList<(Approval Approval, string By)>> ListOverdueAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>What was decided in a thread to hold from then on, the newest last.</summary>
    Task<IReadOnlyList<RememberedDecision>> ListRememberedAsync(string threadId, CancellationToken cancellationToken);
}

/// <summary>A decision that holds for the same in its thread.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Subject">Of a shell the command; null for any input.</param>
/// <param name="IsAllowed">Whether it may run.</param>
public sealed record RememberedDecision(string Tool, string? Subject, bool IsAllowed);
