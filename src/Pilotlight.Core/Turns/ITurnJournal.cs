using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;

namespace Pilotlight.Core.Turns;

/// <summary>Where a turn's events go: into the store and from there to its readers, or past it to the one who called.</summary>
/// <remarks>Used by the turn's engine alone, one call at a time.</remarks>
internal interface ITurnJournal
{
    /// <summary>Takes in what happened.</summary>
    void Add(TurnEvent turnEvent);

    /// <summary>Whether it has taken in what is to be worked on now.</summary>
    /// <param name="isMoreThere">Whether something more is there already: then only what must not wait is.</param>
    bool HasWork(bool isMoreThere);

    /// <summary>Works on what it has taken in; what may wait, until <paramref name="next"/> completes because something more is there.</summary>
    /// <returns>Whether the turn is still this server's.</returns>
    ValueTask<bool> WorkAsync(Task next);

    /// <summary>Ends the turn: stores what is to be stored, books what was used, tells whoever listens. Called again until it does not throw.</summary>
    Task EndAsync(TurnEnd end);
}

/// <summary>How a turn ended.</summary>
/// <param name="Event">Its last event.</param>
/// <param name="IsInterrupted">Whether its server broke it off, not its user.</param>
/// <param name="Bill">What it used, to be booked; null for nothing.</param>
internal sealed record TurnEnd(TurnEvent Event, bool IsInterrupted, Bill? Bill);
