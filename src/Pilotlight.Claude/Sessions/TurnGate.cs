using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Sessions;

/// <summary>Tells the messages of a user's turn from those of turns that the CLI takes by itself when a background task ends. One instance a turn.</summary>
/// <remarks>
/// The user's line waits while such a turn runs, and is then either answered by itself or taken into it, after a tool of it: so neither the next
/// <c>result</c> nor one without an origin is the end, but the first after the line was taken up (seen with 2.1.330). A CLI that
/// does not tell when that is, is known by what the result says of its origin.
/// </remarks>
/// <param name="isTold">Whether the CLI tells what becomes of a line, and may be at a turn of its own.</param>
/// <param name="lineId">The id of the user's line; null for one of its own.</param>
internal sealed class TurnGate(bool isTold, Guid? lineId = null)
{
    /// <summary>What a CLI says of itself that tells it.</summary>
    public const string Capability = "msg_lifecycle_v1";

    /// <summary>The id of the user's line.</summary>
    public string LineId { get; } = (lineId ?? Guid.NewGuid()).ToString();

    /// <summary>Whether the line was taken up: what comes is the turn's.</summary>
    public bool IsOpen { get; private set; } = !isTold;

    /// <summary>Takes the message; whether it says anything of the user's turn.</summary>
    public bool Passes(CliMessage message)
    {
        if (message is CliLineState { State: "started" } line && line.LineId == LineId)
        {
            IsOpen = true;
        }

        return IsOpen || message is CliTask or CliResult { Origin: null };
    }

    /// <summary>Whether this result is the turn's end.</summary>
    public bool Ends(CliResult result) => result.Origin is null || (isTold && IsOpen);
}
