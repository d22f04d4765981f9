using System.Diagnostics;
using System.Globalization;

namespace Pilotlight.Testing;

/// <summary>Cuts nodes of this machine off from each other or from their database, as a broken network would: what is sent is lost, and nobody is told.</summary>
/// <remarks>
/// Each node runs in a process group of its own by its user's group id, and the machine's packet filter marks the connections that such a group has a part in. Needs root and
/// iptables. One instance at a time; taking it down leaves no rule.
/// </remarks>
public sealed class PacketFilter : IDisposable
{
    private const int FirstGroup = 7600;

    private readonly Dictionary<int, string[]> _cuts = [];

    public PacketFilter(int nodes)
    {
        Ports = FreePorts.Next(nodes);
        for (var at = 0; at < nodes; at++)
        {
            Run("-t", "mangle", "-A", "OUTPUT", "-o", "lo", "-m", "owner", "--gid-owner", Group(at), "-j", "CONNMARK", "--set-mark", Group(at));
        }
    }

    /// <summary>The ports that the nodes hear each other at.</summary>
    public int[] Ports { get; }

    /// <summary>What a node's command begins with.</summary>
    public static string[] Prefix(int at) => ["setpriv", "--regid", Group(at), "--keep-groups", "--"];

    /// <summary>From now on a node and the others do not hear each other.</summary>
    public void CutFromNodes(int at) => Cut(at, Ports);

    /// <summary>From now on a node does not hear what listens on a port.</summary>
    public void CutFrom(int at, int port) => Cut(at, [port]);

    /// <summary>A node hears all again.</summary>
    public void Mend(int at)
    {
        if (_cuts.Remove(at, out var rule))
        {
            Run(["-D", .. rule]);
        }
    }

    public void Dispose()
    {
        for (var at = 0; at < Ports.Length; at++)
        {
            Mend(at);
            Run("-t", "mangle", "-D", "OUTPUT", "-o", "lo", "-m", "owner", "--gid-owner", Group(at), "-j", "CONNMARK", "--set-mark", Group(at));
        }
    }

    private static string Group(int at) => (FirstGroup + at).ToString(CultureInfo.InvariantCulture);

    private static void Run(params string[] arguments)
    {
        using var iptables = Process.Start("iptables", ["-w", .. arguments]);
        iptables.WaitForExit();
        if (iptables.ExitCode != 0)
        {
            throw new InvalidOperationException($"iptables {string.Join(' ', arguments)} ended with {iptables.ExitCode}: cutting nodes off needs root and the packet filter.");
        }
    }

    private void Cut(int at, int[] ports)
    {
        _cuts[at] = ["OUTPUT", "-o", "lo", "-p", "tcp", "-m", "multiport", "--ports", string.Join(',', ports), "-m", "connmark", "--mark", Group(at), "-j", "DROP"];
        Run(["-A", .. _cuts[at]]);
    }
}
