namespace Pilotlight.Processes;

/// <summary>The pool at one moment; counts of different profiles may be a moment apart.</summary>
/// <param name="Profiles">One row for each profile that was registered or asked for.</param>
/// <param name="MaxProcesses">The cap on all processes.</param>
public sealed record PoolSnapshot(IReadOnlyList<ProfileSnapshot> Profiles, int MaxProcesses);

/// <summary>One profile's processes.</summary>
public sealed record ProfileSnapshot
{
    /// <summary>The profile, as it was first written.</summary>
    public required string Name { get; init; }

    /// <summary>Processes that are ready and waiting.</summary>
    public int Parked { get; init; }

    /// <summary>Processes that are being started.</summary>
    public int Starting { get; init; }

    /// <summary>Processes that are in use.</summary>
    public int Leased { get; init; }

    /// <summary>Callers that wait.</summary>
    public int Waiting { get; init; }

    /// <summary>How many are wanted parked.</summary>
    public int Target { get; init; }

    /// <summary>The most that may be parked.</summary>
    public int Max { get; init; }

    /// <summary>Acquires served by a parked process.</summary>
    public long WarmHits { get; init; }

    /// <summary>Acquires that waited for a start.</summary>
    public long ColdStarts { get; init; }

    /// <summary>Whether starts are tried.</summary>
    public BreakerState Breaker { get; init; }

    /// <summary>Why the last start failed, while starts fail.</summary>
    public string? LastFailure { get; init; }

    /// <summary>Whether an operator has none kept parked for now.</summary>
    public bool IsDrained { get; init; }

    /// <summary>Whether it was unregistered or replaced: none is started any more, and those that are left are used up.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Each process that is parked or in use, the oldest first.</summary>
    public IReadOnlyList<ProcessSnapshot> Processes { get; init; } = [];
}

/// <summary>One process.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="IsLeased">Whether it is in use.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="MemoryBytes">Proportional set size, or null where that is not known.</param>
public sealed record ProcessSnapshot(int ProcessId, bool IsLeased, DateTimeOffset StartedAt, long? MemoryBytes);
