namespace Pilotlight.Client.Pool;

/// <summary>The gateway's processes as they are now.</summary>
/// <param name="MaxProcesses">Most of all profiles together.</param>
/// <param name="Profiles">By profile.</param>
public sealed record PoolState(int MaxProcesses, IReadOnlyList<PoolProfile> Profiles);

/// <summary>The processes of one profile.</summary>
/// <param name="Name">The profile.</param>
/// <param name="Parked">Ready, with nobody.</param>
/// <param name="Starting">Being made ready.</param>
/// <param name="Leased">With somebody.</param>
/// <param name="Hot">Of these, kept for a conversation.</param>
/// <param name="Target">How many are to be parked.</param>
/// <param name="Max">Most that may be parked.</param>
/// <param name="WarmHits">How often a parked one was taken.</param>
/// <param name="ColdStarts">How often one had to be started first.</param>
/// <param name="State"><c>ready</c>, <c>warming</c>, <c>drained</c>, <c>open</c> or <c>half-open</c>.</param>
/// <param name="LastFailure">Why the last start failed; null when it did not.</param>
public sealed record PoolProfile(
    string Name, int Parked, int Starting, int Leased, int Hot, int Target, int Max, long WarmHits, long ColdStarts, string State, string? LastFailure);
