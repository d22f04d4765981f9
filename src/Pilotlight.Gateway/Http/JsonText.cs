using System.Text.Json;
using System.Text.Unicode;

namespace Pilotlight.Gateway.Http;

/// <summary>JSON as clients send it, made fit to be read: every string in it can be taken as text.</summary>
/// <remarks>
/// Clients cut their histories by UTF-16 units, so that half of an emoji's two is left over. JSON can spell it, text cannot hold it;
/// it becomes U+FFFD, as browsers do.
/// </remarks>
internal static class JsonText
{
    /// <summary>Deepest nesting that is read.</summary>
    public const int MaxDepth = 64;

    private const int EscapeLength = 6;

    /// <summary>Whether the bytes are UTF-8, which JSON is sent in.</summary>
    public static bool IsUtf8(ReadOnlySpan<byte> json) => Utf8.IsValid(json);

    /// <summary>Replaces each half of a surrogate pair that stands alone by U+FFFD, in place. What is no JSON stays none.</summary>
    public static void Mend(Span<byte> json)
    {
        // A backslash stands in strings alone.
        for (var at = 0; at < json.Length && json[at..].IndexOf((byte)'\\') is >= 0 and var next;)
        {
            at += next;
            if (Unit(json, at) is not { } unit)
            {
                at += 2;
            }
            else if (char.IsHighSurrogate(unit) && Unit(json, at + EscapeLength) is { } low && char.IsLowSurrogate(low))
            {
                at += 2 * EscapeLength;
            }
            else
            {
                if (char.IsSurrogate(unit))
                {
                    "fffd"u8.CopyTo(json[(at + 2)..]);
                }

                at += EscapeLength;
            }
        }
    }

    /// <summary>Reads JSON that came inside a string.</summary>
    /// <exception cref="JsonException">It is none, or is nested too deep.</exception>
    public static JsonElement Parse(string json)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(json);
        Mend(bytes);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
        var value = JsonElement.ParseValue(ref reader);
        return reader.Read() ? throw new JsonException("There is more than one value.") : value;
    }

    // The unit of UTF-16 that an escape spells.
    private static char? Unit(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
        && ushort.TryParse(json.Slice(at + 2, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var unit) ? (char)unit : null;
}
