namespace Pilotlight.Processes;

/// <summary>The pool at one moment; counts of different profiles may be a moment apart.</summary>
/// <param name="Profiles">One row for each profile that was registered or asked for.</param>
/// <param name="MaxProcesses">The cap on all processes.</param>
public sealed record PoolSnapshot(IReadOnlyList<ProfileSnapshot> Profiles, int MaxProcesses);

/// <summary>One profile's processes.</summary>
/// <param name="Name">The profile.</param>
/// <param name="Parked">Ready and waiting.</param>
/// <param name="Starting">Being started.</param>
/// <param name="Leased">In use.</param>
/// <param name="Waiting">Callers that wait.</param>
/// <param name="Target">How many are wanted parked.</param>
/// <param name="Max">The most that may be parked.</param>
/// <param name="WarmHits">Acquires served by a parked process.</param>
/// <param name="ColdStarts">Acquires that waited for a start.</param>
/// <param name="Breaker">Whether starts are tried.</param>
/// <param name="LastFailure">Why the last start failed, while starts fail.</param>
/// <param name="Processes">Each process.</param>
public sealed record ProfileSnapshot(
    string Name,
    int Parked,
    int Starting,
    int Leased,
    int Waiting,
    int Target,
    int Max,
    long WarmHits,
    long ColdStarts,
    BreakerState Breaker,
    string? LastFailure,
    IReadOnlyList<ProcessSnapshot> Processes)
{
    /// <summary>Whether an operator has none kept parked for now.</summary>
    public bool IsDrained { get; init; }
}

/// <summary>One process.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="IsLeased">Whether it is in use.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="MemoryBytes">Proportional set size, or null where that is not known.</param>
public sealed record ProcessSnapshot(int ProcessId, bool IsLeased, DateTimeOffset StartedAt, long? MemoryBytes);
