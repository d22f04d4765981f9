using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Pilotlight.Core.Access;

/// <summary>The text of a key: <c>pl_</c>, its public id, 256 random bits, and a checksum that tells a mistyped key from a wrong one.</summary>
internal static class KeyText
{
    public const string Prefix = "pl_";
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // No letter that is read as another.
    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);
    private const int IdLength = 12;
    private const int SecretLength = 52; // 32 bytes, five bits a character.
    private const int ChecksumLength = 8;
    private const int Length = 3 + IdLength + 1 + SecretLength + ChecksumLength;

    /// <summary>A new key and its public id.</summary>
    public static (string Id, string Key) Create()
    {
        var id = Random(IdLength);
        return (id, Compose(id, RandomNumberGenerator.GetBytes(32)));
    }

    /// <summary>The key of an id and a secret of 32 bytes.</summary>
    public static string Compose(string id, ReadOnlySpan<byte> secret)
    {
        var body = $"{Prefix}{id}_{Encode(secret)}";
        return body + Checksum(body);
    }

    /// <summary>The public id of what looks like a key; null when it is none, or was mistyped.</summary>
    public static string? ReadId(string text) =>
        text.Length == Length
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && text[Prefix.Length + IdLength] == '_'
        && text.AsSpan(Length - ChecksumLength).SequenceEqual(Checksum(text[..(Length - ChecksumLength)]))
            ? text.Substring(Prefix.Length, IdLength)
            : null;

    /// <summary>Whether a text holds what looks like a key, whole or not.</summary>
    public static bool IsIn(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOf(Prefix, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Prefix, StringComparison.Ordinal))
        {
            text = text[(at + Prefix.Length)..];
            if (text.Length > IdLength && text[IdLength] == '_' && text[..IdLength].IndexOfAnyExcept(Letters) < 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What is stored of a key: an HMAC under a salt of its own.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> salt, string key) => HMACSHA256.HashData(salt, Encoding.ASCII.GetBytes(key));

    private static string Random(int length) => RandomNumberGenerator.GetString(Alphabet, length);

    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(SecretLength);
        int buffer = 0, bits = 0;
        foreach (var value in bytes)
        {
            buffer = (buffer << 8) | value;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            }

            buffer &= (1 << bits) - 1;
        }

        return (bits > 0 ? text.Append(Alphabet[(buffer << (5 - bits)) & 31]) : text).ToString();
    }

    private static string Checksum(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(body)))[..ChecksumLength];
}
