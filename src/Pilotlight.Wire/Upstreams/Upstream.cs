using Pilotlight.Wire.Protocols;

namespace Pilotlight.Wire.Upstreams;

/// <summary>One place that calls can be sent to, and what is known of it.</summary>
internal sealed class Upstream
{
    // So many of the last round trips are kept: the shortest of them is the network's, the others had company.
    private const int KeptTrips = 8;

    private readonly Lock _gate = new();
    private readonly Queue<TimeSpan> _trips = new();
    private volatile string? _problem;
    private int _answers;

    public Upstream(UpstreamOptions options, IUpstreamProtocol protocol, CircuitBreaker breaker)
    {
        (Name, Kind, Priority, Protocol, Breaker) = (NameOf(options), options.Kind, options.Priority, protocol, breaker);
        Models = new ModelList(options.Models);
        HasCredential = options.HasCredential();
    }

    public string Name { get; }

    public UpstreamKind Kind { get; }

    public int Priority { get; }

    public ModelList Models { get; }

    public IUpstreamProtocol Protocol { get; }

    public CircuitBreaker Breaker { get; }

    /// <summary>Whether it has a credential of its own; without one a process's own sign-in is passed on.</summary>
    public bool HasCredential { get; }

    /// <summary>Why it could not be reached last; null when it could, or was not asked.</summary>
    public string? Problem => _problem;

    /// <summary>Whether it has ever answered anything: if not, a fault is more likely a setting than the weather.</summary>
    public bool HasAnswered => Answers > 0;

    /// <summary>How often it was reached.</summary>
    public int Answers => Volatile.Read(ref _answers);

    public static string NameOf(UpstreamOptions options) =>
        options.Name is { Length: > 0 } name ? name : options.Kind.ToString().ToLowerInvariant();

    /// <summary>One round trip to it on an open connection, the shortest of the last eight; null before the first.</summary>
    public TimeSpan? RoundTrip
    {
        get
        {
            lock (_gate)
            {
                return _trips.Count > 0 ? _trips.Min() : null;
            }
        }
    }

    public void Reached()
    {
        Interlocked.Increment(ref _answers);
        _problem = null;
    }

    /// <summary>A round trip on an open connection took so long.</summary>
    public void Measured(TimeSpan roundTrip)
    {
        lock (_gate)
        {
            _trips.Enqueue(roundTrip);
            if (_trips.Count > KeptTrips)
            {
                _trips.Dequeue();
            }
        }
    }

    public void Unreached(string problem) => _problem = problem;
}
