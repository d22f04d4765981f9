using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Pilotlight.Wire.Processes;

/// <summary>What a process shows instead of a key: 256 random bits behind a number that finds its owner.</summary>
internal sealed class ProcessToken
{
    private const string Prefix = "pl-wire-";
    private const int IdLength = 16;
    private const int SecretBytes = 32;

    private readonly byte[] _text;

    private ProcessToken(string id, string text) => (Id, Text, _text) = (id, text, Encoding.ASCII.GetBytes(text));

    public string Id { get; }

    public string Text { get; }

    public static ProcessToken Create()
    {
        var id = RandomNumberGenerator.GetHexString(IdLength, lowercase: true);
        return new ProcessToken(id, $"{Prefix}{id}-{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}");
    }

    /// <summary>The public part of what was shown; null when it is no token of ours.</summary>
    public static string? IdOf(string shown) =>
        shown.Length > Prefix.Length + IdLength && shown.StartsWith(Prefix, StringComparison.Ordinal) ? shown.Substring(Prefix.Length, IdLength) : null;

    /// <summary>Compares in a time that says nothing of where the two differ.</summary>
    public bool Matches(string shown) => CryptographicOperations.FixedTimeEquals(_text, Encoding.UTF8.GetBytes(shown));
}
