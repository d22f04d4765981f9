namespace Pilotlight.Wire.Calls;

/// <summary>What the CLI makes a call for, as it says itself.</summary>
/// <remarks>How the kinds were told apart, and on which versions: docs/wire.md.</remarks>
public enum CallPurpose
{
    /// <summary>The CLI did not say: such a call is never changed.</summary>
    Unknown,

    /// <summary>The conversation's own call: the one that a turn's parameters are for.</summary>
    Main,

    /// <summary>A subagent's call.</summary>
    Subagent,

    /// <summary>The conversation is being summed up to make room.</summary>
    Compaction,

    /// <summary>Titles, hooks, classifiers, searches and the like.</summary>
    Auxiliary,

    /// <summary>A call that came straight from a client, not from a CLI.</summary>
    Direct,
}
