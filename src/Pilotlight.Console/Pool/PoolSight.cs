using Pilotlight.Claude.Conversations;
using Pilotlight.Processes;

namespace Pilotlight.WebConsole.Pool;

/// <summary>What a process is doing.</summary>
public enum ProcessDoing
{
    /// <summary>Ready and waiting for somebody.</summary>
    Parked,

    /// <summary>Holds a conversation between its turns.</summary>
    Hot,

    /// <summary>In a turn, or being made ready for one.</summary>
    Working,
}

/// <summary>One process.</summary>
public sealed record ProcessSight(int ProcessId, string Profile, ProcessDoing Doing, DateTimeOffset StartedAt, long? MemoryBytes, string? ConversationId);

/// <summary>One profile.</summary>
public sealed record ProfileSight(ProfileSnapshot Snapshot, IReadOnlyList<ProcessSight> Processes)
{
    public int Hot => Processes.Count(process => process.Doing == ProcessDoing.Hot);

    public int Working => Processes.Count(process => process.Doing == ProcessDoing.Working);

    public string State => Snapshot switch
    {
        { Breaker: BreakerState.Open } => "not starting",
        { Breaker: BreakerState.HalfOpen } => "trying again",
        { IsDrained: true } => "drained",
        { Starting: > 0, Parked: 0 } => "warming up",
        _ => "ready",
    };
}

/// <summary>The pool at one moment.</summary>
public sealed record PoolSight(DateTimeOffset At, int MaxProcesses, IReadOnlyList<ProfileSight> Profiles)
{
    /// <summary>The nodes of the cluster, this one first; empty where the server is alone.</summary>
    public IReadOnlyList<NodeSight> Nodes { get; init; } = [];

    public IEnumerable<ProcessSight> Processes => Profiles.SelectMany(profile => profile.Processes);

    /// <summary>Puts together what the pool and the conversations know; memory that was not read now is the last known.</summary>
    public static PoolSight Of(PoolSnapshot pool, IReadOnlyList<HotConversation> hot, PoolSight? before, DateTimeOffset at)
    {
        var memory = before?.Processes.ToDictionary(process => process.ProcessId, process => process.MemoryBytes) ?? [];
        var conversations = hot.GroupBy(one => one.ProcessId).ToDictionary(group => group.Key, group => group.First());
        return new PoolSight(at, pool.MaxProcesses, [.. pool.Profiles.Select(profile => new ProfileSight(profile, [.. profile.Processes.Select(process =>
        {
            var held = conversations.GetValueOrDefault(process.ProcessId);
            var doing = !process.IsLeased ? ProcessDoing.Parked : held is { IsBusy: false } ? ProcessDoing.Hot : ProcessDoing.Working;
            return new ProcessSight(
                process.ProcessId, profile.Name, doing, process.StartedAt, process.MemoryBytes ?? memory.GetValueOrDefault(process.ProcessId), held?.ConversationId);
        })]))]);
    }

    /// <summary>Whether nothing that is shown differs, the time apart.</summary>
    public bool IsLike(PoolSight? other) => other is not null
        && Nodes.SequenceEqual(other.Nodes)
        && Processes.SequenceEqual(other.Processes)
        && Profiles.Select(Counts).SequenceEqual(other.Profiles.Select(Counts));

    private static ProfileSnapshot Counts(ProfileSight profile) => profile.Snapshot with { Processes = [] };
}
