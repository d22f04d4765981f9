namespace Pilotlight.Processes;

/// <summary>Callers who wait for a process, the longest waiting first.</summary>
/// <remarks>
/// Safe for concurrent use. All lines of a pool share one lock, so that callers can be moved from one to another; those who
/// wait are in no hurry, a start takes a hundred thousand times longer.
/// </remarks>
internal sealed class WaitingLine(Lock gate)
{
    private readonly LinkedList<Waiter> _waiters = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a place; null when <paramref name="limit"/> callers wait already.</summary>
    public Waiter? TryJoin(int limit)
    {
        lock (gate)
        {
            if (_count >= limit)
            {
                return null;
            }

            var waiter = new Waiter(gate);
            Add(waiter);
            return waiter;
        }
    }

    /// <summary>Hands a process to whoever has waited longest; false when nobody waits.</summary>
    public bool TryServe(Worker worker)
    {
        if (Count == 0)
        {
            return false;
        }

        lock (gate)
        {
            while (TakeFirst() is { } waiter)
            {
                if (waiter.TrySetResult(worker))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Fails those who wait: the first of them, or all.</summary>
    public void Fail(Exception cause, bool all)
    {
        lock (gate)
        {
            while (TakeFirst() is { } waiter)
            {
                if (waiter.TrySetException(cause) && !all)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Moves everyone, in order, to the end of another line.</summary>
    /// <returns>Whether there was anyone.</returns>
    public bool MoveTo(WaitingLine other)
    {
        lock (gate)
        {
            var any = Count > 0;
            while (TakeFirst() is { } waiter)
            {
                other.Add(waiter);
            }

            return any;
        }
    }

    private void Add(Waiter waiter)
    {
        waiter.Line = this;
        _waiters.AddLast(waiter.Place);
        Volatile.Write(ref _count, _waiters.Count);
    }

    private Waiter? TakeFirst()
    {
        if (_waiters.First is not { } first)
        {
            return null;
        }

        Remove(first.Value);
        return first.Value;
    }

    private void Remove(Waiter waiter)
    {
        _waiters.Remove(waiter.Place);
        waiter.Line = null;
        Volatile.Write(ref _count, _waiters.Count);
    }

    /// <summary>One caller.</summary>
    internal sealed class Waiter : TaskCompletionSource<Worker>
    {
        private readonly Lock _gate;

        public Waiter(Lock gate)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            _gate = gate;
            Place = new LinkedListNode<Waiter>(this);
        }

        /// <summary>Where it stands; null once it was served, failed, or left.</summary>
        public WaitingLine? Line { get; set; }

        public LinkedListNode<Waiter> Place { get; }

        /// <summary>Gives the place up; nothing for one that has none.</summary>
        public void Leave()
        {
            lock (_gate)
            {
                Line?.Remove(this);
            }
        }
    }
}
