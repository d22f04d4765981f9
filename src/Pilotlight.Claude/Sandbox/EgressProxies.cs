using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Installation;

namespace Pilotlight.Claude.Sandbox;

/// <summary>One proxy for each profile that allows hosts, begun with its first process and ended with the host. Safe for concurrent use.</summary>
internal sealed class EgressProxies(ProcessFolders folders, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Path, EgressProxy Proxy)> _proxies = new(StringComparer.OrdinalIgnoreCase);
    private ProcessFolder? _folder;

    /// <summary>The socket of a profile's proxy.</summary>
    public string SocketOf(string profile, IEnumerable<string> hosts)
    {
        lock (_gate)
        {
            if (!_proxies.TryGetValue(profile, out var known))
            {
                _folder ??= folders.Open();
                var path = Path.Combine(_folder.Temporary, $"p{_proxies.Count}");
                _proxies[profile] = known = (path, new EgressProxy(path, new HostRules(hosts), logger));
                FileOwner.GiveToWalled(path);
            }

            return known.Path;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (_, proxy) in _proxies.Values)
            {
                proxy.Dispose();
            }

            _proxies.Clear();
            _folder?.Dispose();
        }
    }
}
