namespace Pilotlight.WebConsole.Pool;

/// <summary>The latest points, the oldest overwritten first. Safe for concurrent use.</summary>
public sealed class LatencyRing(int capacity = 300)
{
    private readonly Lock _gate = new();
    private readonly LatencyPoint[] _points = new LatencyPoint[capacity];
    private long _count;

    public void Add(LatencyPoint point)
    {
        lock (_gate)
        {
            _points[_count++ % capacity] = point;
        }
    }

    /// <summary>A copy, the oldest first.</summary>
    public LatencyPoint[] Read()
    {
        lock (_gate)
        {
            var kept = (int)Math.Min(_count, capacity);
            var points = new LatencyPoint[kept];
            for (var at = 0; at < kept; at++)
            {
                points[at] = _points[(_count - kept + at) % capacity];
            }

            return points;
        }
    }
}
