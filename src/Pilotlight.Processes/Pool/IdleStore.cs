using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>What is parked, the longest parked first out.</summary>
/// <remarks>
/// Safe for concurrent use; taking and parking lock nothing. An item leaves by its own state, whoever moves it; an entry whose
/// item is no longer idle is stale and skipped, so that one that dies in the middle need not be searched for.
/// </remarks>
internal sealed class IdleStore<T>
    where T : PoolItem
{
    private const int StaleAllowed = 16;

    private readonly Lock _gate = new();
    private ConcurrentQueue<T> _queue = new();
    private int _count;
    private int _stale;

    /// <summary>Items that are parked; stale entries do not count.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes in an item that is new, or was taken out as leased, and makes it idle.</summary>
    public void Park(T item)
    {
        // Counted before it can be taken: whoever finds it idle takes it off the count again.
        Interlocked.Increment(ref _count);
        _ = item.TryMove(WorkerState.Starting, WorkerState.Idle) || item.TryMove(WorkerState.Leased, WorkerState.Idle);
        ConcurrentQueue<T> queue;
        do
        {
            queue = Volatile.Read(ref _queue);
            queue.Enqueue(item);
        }
        while (queue != Volatile.Read(ref _queue));
    }

    /// <summary>Takes the longest parked item out, for <paramref name="purpose"/>; null when there is none.</summary>
    public T? TryTake(WorkerState purpose)
    {
        ConcurrentQueue<T> queue;
        do
        {
            queue = Volatile.Read(ref _queue);
            while (queue.TryDequeue(out var item))
            {
                if (item.TryMove(WorkerState.Idle, purpose))
                {
                    Interlocked.Decrement(ref _count);
                    return item;
                }

                Interlocked.Decrement(ref _stale);
            }
        }
        while (queue != Volatile.Read(ref _queue));

        return null;
    }

    /// <summary>Takes one item out because of <paramref name="purpose"/>; false when somebody else was faster.</summary>
    public bool TryRemove(T item, WorkerState purpose)
    {
        if (!item.TryMove(WorkerState.Idle, purpose))
        {
            return false;
        }

        var count = Interlocked.Decrement(ref _count);
        if (Interlocked.Increment(ref _stale) > StaleAllowed + count)
        {
            DropStale();
        }

        return true;
    }

    // Or a pool that is seldom asked would keep an entry for every process that ever grew old in it. An item that is in both
    // queues for a while does no harm, since it can be moved once only; one that was parked in the old queue behind our back is
    // looked for again, and whoever parks later sees that the queue is another.
    private void DropStale()
    {
        lock (_gate)
        {
            var old = _queue;
            var seen = old.ToArray();
            Volatile.Write(ref _stale, 0);
            Volatile.Write(ref _queue, new ConcurrentQueue<T>(seen.Where(item => item.State == WorkerState.Idle)));
            foreach (var item in old.Except(seen))
            {
                _queue.Enqueue(item);
            }
        }
    }
}
