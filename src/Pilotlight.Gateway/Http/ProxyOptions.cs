using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Pilotlight.Gateway.Http;

/// <summary>What stands between callers and the gateway; section <c>Pilotlight:Proxy</c>.</summary>
public sealed class ProxyOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Proxy";

    /// <summary>The path that all of the gateway's addresses begin with, <c>/pilotlight</c> for instance. Default: none.</summary>
    public string? BasePath { get; set; }

    /// <summary>
    /// Proxies, by address or network (<c>10.0.0.0/8</c>), whose <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and <c>-Prefix</c>
    /// are believed. Default: none, and nobody's are.
    /// </summary>
    public IList<string> Known { get; } = [];

    /// <summary>The proxies as networks of their own.</summary>
    internal IEnumerable<IPNetwork> Networks => Known.Select(known => IPNetwork.TryParse(known, out var network)
        ? network
        : new IPNetwork(IPAddress.Parse(known), known.Contains(':', StringComparison.Ordinal) ? 128 : 32));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BasePath is not null and not ['/', _, ..] || BasePath is [.., '/'] || BasePath?.Contains('?', StringComparison.Ordinal) == true)
        {
            yield return new ValidationResult($"BasePath is '{BasePath}'; it begins with a slash and ends without one, /pilotlight for instance.");
        }

        foreach (var known in Known.Where(known => !IPNetwork.TryParse(known, out _) && !IPAddress.TryParse(known, out _)))
        {
            yield return new ValidationResult($"Known holds '{known}', which is neither an address nor a network such as 10.0.0.0/8.");
        }
    }
}
