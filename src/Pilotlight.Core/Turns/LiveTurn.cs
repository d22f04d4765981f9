using System.Runtime.CompilerServices;
using Pilotlight.Core.Access;

namespace Pilotlight.Core.Turns;

/// <summary>A thread's turn in progress: its durable events, for any number of readers, each at its own pace.</summary>
/// <remarks>Readers share one list, so a slow one holds nothing back and costs nothing. Safe for concurrent use.</remarks>
internal sealed class LiveTurn(Turn turn, TurnLease lease, long acceptedAt, TimeProvider time, PreparedTurn? prepared = null) : RunningTurn(lease, acceptedAt, time)
{
    private readonly Lock _gate = new();
    private readonly List<StoredEvent> _events = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;
    private int _readers;
    private long? _unwatchedSince;

    public Turn Turn => turn;

    /// <summary>Its thread as it is sent; null when that is still to be read.</summary>
    public PreparedTurn? Prepared => prepared;

    /// <summary>Whether it goes on with nobody following it.</summary>
    public bool IsUnattended { get; set; }

    /// <summary>The last event that was shown.</summary>
    public long LastId
    {
        get
        {
            lock (_gate)
            {
                return _events.Count;
            }
        }
    }

    /// <summary>How long nobody has followed it, as far as the looks at it tell.</summary>
    public TimeSpan LookForReaders(TimeProvider time)
    {
        if (IsUnattended || Volatile.Read(ref _readers) > 0)
        {
            _unwatchedSince = null;
            return TimeSpan.Zero;
        }

        return time.GetElapsedTime(_unwatchedSince ??= time.GetTimestamp());
    }

    /// <summary>Shows events that are durable now.</summary>
    public void Publish(IReadOnlyList<StoredEvent> events, bool isEnd)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _events.AddRange(events);
            _ended |= isEnd;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>The events after one, once there are any; none when there were none for a while, or the turn has ended.</summary>
    public async Task<IReadOnlyList<StoredEvent>> ReadNextAsync(long afterId, TimeSpan patience, TimeProvider time)
    {
        var next = (int)Math.Clamp(afterId, 0, int.MaxValue);
        Interlocked.Increment(ref _readers);
        try
        {
            for (var isFirst = true; ; isFirst = false)
            {
                var (batch, changed, ended) = ReadFrom(next);
                if (batch.Length > 0 || ended || !isFirst)
                {
                    return batch;
                }

                await Task.WhenAny(changed, Task.Delay(patience, time));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    /// <summary>All events after one, to the turn's end, without a gap or a repeat.</summary>
    public async IAsyncEnumerable<StoredEvent> ReadAsync(long afterId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = (int)Math.Clamp(afterId, 0, int.MaxValue);
        Interlocked.Increment(ref _readers);
        try
        {
            while (true)
            {
                var (batch, changed, ended) = ReadFrom(next);
                foreach (var stored in batch)
                {
                    yield return stored;
                }

                next += batch.Length;
                if (ended)
                {
                    yield break;
                }

                if (batch.Length == 0)
                {
                    await changed.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    // With what tells of more, so that nothing comes between the look and the wait.
    private (StoredEvent[] Batch, Task Changed, bool Ended) ReadFrom(int next)
    {
        lock (_gate)
        {
            return (next < _events.Count ? [.. _events[next..]] : [], _changed.Task, _ended);
        }
    }
}
