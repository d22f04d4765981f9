namespace Pilotlight.Claude.Profiles;

/// <summary>How a binary's processes can be rehearsed.</summary>
internal enum RehearsalForm
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Short of asking the model: a hook blocks the prompt. See <see cref="Rehearsal"/>.</summary>
    Blocked,

    /// <summary>Whole: the relay answers. See <see cref="RelayedRehearsal"/>.</summary>
    Relayed,
}
