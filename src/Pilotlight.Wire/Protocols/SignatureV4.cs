using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pilotlight.Wire.Protocols;

/// <summary>Amazon's signature, version 4 (docs.aws.amazon.com, "Create a signed AWS API request").</summary>
internal static class SignatureV4
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Whom a request is signed for.</summary>
    public sealed record Key(string AccessKey, string SecretKey, string? SessionToken);

    /// <summary>Adds the date, the token and the signature to a request without a query.</summary>
    public static void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, Key key, string region, string service, DateTimeOffset now)
    {
        var stamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{stamp[..8]}/{region}/{service}/aws4_request";
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = request.RequestUri!.IsDefaultPort ? request.RequestUri.Host : request.RequestUri.Authority,
            ["x-amz-date"] = stamp,
        };
        if (key.SessionToken is { Length: > 0 } token)
        {
            headers["x-amz-security-token"] = token;
        }

        var names = string.Join(';', headers.Keys);
        var canonical = string.Join('\n',
        [
            request.Method.Method,
            CanonicalPath(request.RequestUri.AbsolutePath),
            "",
            .. headers.Select(header => $"{header.Key}:{header.Value}"),
            "",
            names,
            Convert.ToHexStringLower(SHA256.HashData(body)),
        ]);
        var toSign = $"{Algorithm}\n{stamp}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = Convert.ToHexStringLower(Hash(SigningKey(key.SecretKey, stamp[..8], region, service), toSign));
        foreach (var (name, value) in headers.Where(header => header.Key != "host"))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.TryAddWithoutValidation("authorization", $"{Algorithm} Credential={key.AccessKey}/{scope}, SignedHeaders={names}, Signature={signature}");
    }

    // Each part once more encoded than it is sent, as all services but S3 have it.
    private static string CanonicalPath(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static byte[] SigningKey(string secret, string day, string region, string service) =>
        Hash(Hash(Hash(Hash(Encoding.UTF8.GetBytes("AWS4" + secret), day), region), service), "aws4_request");

    private static byte[] Hash(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
