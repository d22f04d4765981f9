namespace Pilotlight.Simulator;

/// <summary>Remembers what clients were told that answers used. Safe for concurrent use.</summary>
internal sealed class UsageLog(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<ToldUsage> _told = [];
    private TaskCompletionSource? _held;

    public IReadOnlyList<ToldUsage> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _told];
            }
        }
    }

    /// <summary>Completes when answers may tell what they used.</summary>
    public Task MayTellAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _held?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;
        }
    }

    /// <summary>Whoever is about to tell waits until what is returned is disposed.</summary>
    public IDisposable Hold()
    {
        lock (_gate)
        {
            _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new Held(this);
        }
    }

    public ToldUsage Add(ToldUsage usage)
    {
        lock (_gate)
        {
            if (_told.Count == capacity)
            {
                _told.RemoveAt(0);
            }

            _told.Add(usage);
            return usage;
        }
    }

    /// <summary>Puts a later word in the place of an earlier one; nothing is done when that has been forgotten.</summary>
    public void Replace(ToldUsage earlier, ToldUsage later)
    {
        lock (_gate)
        {
            var at = _told.FindLastIndex(usage => ReferenceEquals(usage, earlier));
            if (at >= 0)
            {
                _told[at] = later;
            }
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _told.Clear();
        }
    }

    private void LetGo()
    {
        lock (_gate)
        {
            _held?.SetResult();
            _held = null;
        }
    }

    private sealed class Held(UsageLog log) : IDisposable
    {
        public void Dispose() => log.LetGo();
    }
}
