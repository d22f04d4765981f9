using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pilotlight.Cluster.Security;

/// <summary>What nodes know each other by: one certificate with its key, and those that are taken from others.</summary>
/// <remarks>Who signed one does not matter, and its names and dates neither: whoever holds the key of one of these is a node.</remarks>
internal sealed class ClusterCertificate
{
    private readonly IReadOnlyList<X509Certificate2> _trusted;

    private ClusterCertificate(X509Certificate2 own, IReadOnlyList<X509Certificate2> trusted) => (Own, _trusted) = (own, trusted);

    /// <summary>This node's, with its key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>Reads a file, PEM or PKCS #12.</summary>
    /// <exception cref="ClusterException">It cannot be read, or has no key.</exception>
    public static ClusterCertificate Read(string path)
    {
        try
        {
            if (File.ReadAllBytes(path).AsSpan().IndexOf("-----BEGIN"u8) < 0)
            {
                var packed = X509CertificateLoader.LoadPkcs12FromFile(path, null);
                return packed.HasPrivateKey ? new ClusterCertificate(packed, [packed]) : throw new CryptographicException("it has no private key.");
            }

            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(path);
            return new ClusterCertificate(X509Certificate2.CreateFromPemFile(path), [.. all]);
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ClusterException(
                $"Pilotlight:Cluster:Certificate is '{path}', which is no certificate with its private key: {fault.Message}", fault);
        }
    }

    /// <summary>Whether one that another shows is the cluster's.</summary>
    public bool Is(X509Certificate2? shown) => shown is not null && _trusted.Any(one => one.RawDataMemory.Span.SequenceEqual(shown.RawDataMemory.Span));
}
