using System.Globalization;
using System.Net;

namespace Pilotlight.Claude.Sandbox;

/// <summary>Which hosts may be reached: <c>example.com</c>, <c>*.example.com</c> (not <c>example.com</c> itself), with <c>:PORT</c> or on 80 and 443.</summary>
internal sealed class HostRules(IEnumerable<string> entries)
{
    private static readonly int[] UsualPorts = [80, 443];

    // What is no public address: this host and its networks, carriers', documentation's, multicast, and forms that hide an IPv4 address.
    private static readonly IPNetwork[] Closed =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/9", "ff00::/8",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private readonly (string Host, int? Port)[] _rules = [.. entries.Select(Split)];

    /// <summary>What is wrong with entries, if anything is.</summary>
    public static IEnumerable<string> Faults(IEnumerable<string> entries) =>
        entries.Where(entry => !IsRule(entry)).Select(entry => $"Network has '{entry}', which is no host's name. Write example.com, *.example.com or example.com:8443; addresses cannot be allowed.");

    /// <summary>Whether a name is allowed; an address never is.</summary>
    public bool Allows(string host, int port)
    {
        var name = host.TrimEnd('.');
        return IsName(name) && _rules.Any(rule =>
            (rule.Port is { } only ? only == port : UsualPorts.Contains(port))
            && (rule.Host.StartsWith("*.", StringComparison.Ordinal)
                ? name.Length > rule.Host.Length - 1 && name.EndsWith(rule.Host[1..], StringComparison.OrdinalIgnoreCase)
                : name.Equals(rule.Host, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Whether an address is one of the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !Closed.Any(network => network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }

    private static bool IsRule(string entry)
    {
        var (host, port) = Split(entry);
        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return IsName(name) && port is null or (> 0 and < 65536);
    }

    private static bool IsName(string host) =>
        host.Length is > 0 and < 254 && host.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_')
        && host[0] is not ('.' or '-') && !IPAddress.TryParse(host, out _) && !host.All(letter => char.IsAsciiDigit(letter) || letter == '.');

    private static (string Host, int? Port) Split(string entry)
    {
        var colon = entry.LastIndexOf(':');
        return colon < 0 ? (entry, null)
            : (entry[..colon], int.TryParse(entry[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : -1);
    }
}
