namespace Pilotlight.Simulator;

/// <summary>Remembers what clients were told that answers used. Safe for concurrent use.</summary>
internal sealed class UsageLog(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<ToldUsage> _told = [];

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
}
