using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Nodes;
using Pilotlight.Processes;

namespace Pilotlight.WebConsole.Pool;

/// <summary>Looks at the pool for all pages that show it: once a second while there is one, and not at all when there is none.</summary>
/// <remarks>Safe for concurrent use.</remarks>
/// <param name="read">Looks, with memory or without.</param>
/// <param name="listNodes">The servers that work as one, this one first.</param>
/// <param name="time">The clock.</param>
public sealed class PoolWatch(
    Func<bool, (PoolSnapshot Pool, IReadOnlyList<HotConversation> Hot)> read, Func<IReadOnlyList<NodeState>> listNodes, TimeProvider time) : IDisposable
{
    private const int TicksToMemory = 5;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<Action> _watchers = [];
    private ITimer? _timer;
    private int _ticks;
    private int _isLooking;
    private int _isNoted;

    /// <summary>What was seen last; null before the first look.</summary>
    public PoolSight? Last { get; private set; }

    /// <summary>Calls <paramref name="changed"/> on a thread of the pool when there is something new; until it is disposed.</summary>
    public IDisposable Watch(Action changed)
    {
        lock (_gate)
        {
            _watchers.Add(changed);
            if (_watchers.Count == 1)
            {
                _ticks = 0;
                _timer ??= time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(TimeSpan.Zero, s_interval);
            }
        }

        return new Watching(this, changed);
    }

    /// <summary>How many pages watch.</summary>
    public int Watchers
    {
        get
        {
            lock (_gate)
            {
                return _watchers.Count;
            }
        }
    }

    /// <summary>Says that something else has changed that pages show beside the pool: they hear of it at the next look.</summary>
    public void Note() => Volatile.Write(ref _isNoted, 1);

    /// <summary>Looks now, after something was done that changes the pool.</summary>
    public void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        try
        {
            var withMemory = _ticks++ % TicksToMemory == 0;
            var (pool, hot) = read(withMemory);
            var sight = PoolSight.Of(pool, hot, Last, time.GetUtcNow()) with { Nodes = NodeSight.Of(listNodes()) };
            var isNew = Interlocked.Exchange(ref _isNoted, 0) != 0 || withMemory || !sight.IsLike(Last);
            Last = sight;
            if (isNew)
            {
                Tell();
            }
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Tell()
    {
        Action[] watchers;
        lock (_gate)
        {
            watchers = [.. _watchers];
        }

        foreach (var watcher in watchers)
        {
            watcher();
        }
    }

    private void Leave(Action changed)
    {
        lock (_gate)
        {
            if (_watchers.Remove(changed) && _watchers.Count == 0)
            {
                _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class Watching(PoolWatch watch, Action changed) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                watch.Leave(changed);
            }
        }
    }
}
