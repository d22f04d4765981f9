using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Pilotlight.Cluster.Threads;

/// <summary>The threads that this node has. Safe for concurrent use.</summary>
internal sealed class OwnedThreads(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (IGrainContext Context, long UsedAt)> _threads = new(StringComparer.Ordinal);

    public ICollection<string> Ids => _threads.Keys;

    public void Add(string id, IGrainContext context) => _threads[id] = (context, time.GetTimestamp());

    public void Remove(string id, IGrainContext context)
    {
        if (_threads.TryGetValue(id, out var there) && ReferenceEquals(there.Context, context))
        {
            _threads.TryRemove(KeyValuePair.Create(id, there));
        }
    }

    public void Used(string id)
    {
        if (_threads.TryGetValue(id, out var there))
        {
            _threads.TryUpdate(id, there with { UsedAt = time.GetTimestamp() }, there);
        }
    }

    /// <summary>Lets a thread go, so that its next turn has a node chosen anew; returns when it is.</summary>
    public async Task LetGoAsync(string id)
    {
        if (_threads.TryGetValue(id, out var there))
        {
            there.Context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "the thread may go to another node"));
            await there.Context.Deactivated;
        }
    }

    /// <summary>Lets those go that have no process here and were not used for a while: another node may have more room.</summary>
    public void LetGoIdle(IReadOnlySet<string> hot, TimeSpan idle)
    {
        foreach (var (id, (_, usedAt)) in _threads)
        {
            if (!hot.Contains(id) && time.GetElapsedTime(usedAt) > idle)
            {
                _ = LetGoAsync(id);
            }
        }
    }
}
