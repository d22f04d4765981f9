using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Pilotlight.Cluster;

/// <summary>How this server is a node of a cluster; section <c>Pilotlight:Cluster</c>, which holds with <c>serve --cluster</c>.</summary>
public sealed class ClusterOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Cluster";

    /// <summary>Names the cluster: all nodes that share a database must say the same. Default: <c>pilotlight</c>.</summary>
    [Required]
    [StringLength(100)]
    public string ServiceId { get; set; } = "pilotlight";

    /// <summary>The port that other nodes reach this one at. Default: 11111; 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>The address that other nodes reach this one at, which it listens on: an IP address, or a name that has one. Default: 127.0.0.1.</summary>
    [Required]
    public string Advertise { get; set; } = IPAddress.Loopback.ToString();

    /// <summary>
    /// A file with the cluster's certificate and its private key, PEM or PKCS #12 without a password, the same for all nodes: what is said between them is encrypted, and
    /// whoever has not got it is refused. More certificates in a PEM file are taken from others too, so that one can be replaced node by node.
    /// Default: none, which is only taken where nodes are on one machine.
    /// </summary>
    public string? Certificate { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsLoopback && Certificate is not { Length: > 0 })
        {
            yield return new ValidationResult(
                $"Advertise is '{Advertise}', which other machines reach, and there is no Certificate: name a file with a certificate and its key, the same for all nodes.");
        }

        if (Certificate is { Length: > 0 } && !File.Exists(Certificate))
        {
            yield return new ValidationResult($"Certificate is '{Certificate}', and there is no such file.");
        }
    }

    private bool IsLoopback => IPAddress.TryParse(Advertise, out var address)
        ? IPAddress.IsLoopback(address)
        : string.Equals(Advertise, "localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>The address, a name looked up.</summary>
    /// <exception cref="ClusterException">The name has none.</exception>
    internal IPAddress FindAddress()
    {
        try
        {
            return IPAddress.TryParse(Advertise, out var address)
                ? address
                : Dns.GetHostAddresses(Advertise).OrderBy(found => found.AddressFamily).First();
        }
        catch (Exception fault) when (fault is System.Net.Sockets.SocketException or InvalidOperationException)
        {
            throw new ClusterException($"Pilotlight:Cluster:Advertise is '{Advertise}', which has no address: {fault.Message}", fault);
        }
    }
}

/// <summary>A node cannot take part; the message says why and what to do.</summary>
public sealed class ClusterException : Exception
{
    /// <summary>With why and what to do.</summary>
    public ClusterException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
