using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;

namespace Pilotlight.Core.Turns;

/// <summary>A turn that begins to wait for a person, as it is stored.</summary>
/// <param name="Approval">What it waits with.</param>
/// <param name="Events">Its events that are not stored yet, the approval's own the last.</param>
/// <param name="Bill">What it used since it was last booked; null for nothing.</param>
public sealed record WaitingTurn(Approval Approval, IReadOnlyList<StoredEvent> Events, Bill? Bill);

/// <summary>What came of a decision.</summary>
public enum DecideStatus
{
    /// <summary>It holds, and the turn is to be taken up.</summary>
    Decided,

    /// <summary>Another came first, or the turn has ended.</summary>
    Over,

    /// <summary>There is no such approval.</summary>
    None,
}

/// <summary>What came of a decision, and the turn to take up.</summary>
public sealed record DecideResult(DecideStatus Status, Turn? Turn = null);
