using System.Collections.Concurrent;

namespace Pilotlight.Core.Servers;

/// <summary>The epoch that this server runs turns under, and the leases that it holds.</summary>
internal sealed class ServerEpoch
{
    private readonly ConcurrentDictionary<string, byte> _leases = new(StringComparer.Ordinal);

    public long Value { get; set; }

    /// <summary>The ids of the turns that run, whose leases are renewed.</summary>
    public ICollection<string> Leases => _leases.Keys;

    public void Hold(string lease) => _leases[lease] = 0;

    public void LetGo(string lease) => _leases.TryRemove(lease, out _);
}
