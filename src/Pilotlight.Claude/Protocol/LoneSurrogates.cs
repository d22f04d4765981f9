using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pilotlight.Claude.Protocol;

/// <summary>
/// Half of a surrogate pair: a history cut in an emoji has one, and a model may say the two in two pieces. JSON can hold one as an
/// escape, which .NET refuses to read and to write.
/// </summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6;

    // Where halves stand while a line is parsed: the last private plane, of which nobody has been seen to make use.
    private const int Parking = 0x10F000;

    /// <summary>The element as a node that can be written: each half becomes U+FFFD.</summary>
    public static JsonNode? ToNode(this JsonElement element) => JsonNode.Parse(element.WithoutHalves().GetRawText());

    /// <summary>The element with U+FFFD for each half, so that all of its strings can be read.</summary>
    public static JsonElement WithoutHalves(this JsonElement element)
    {
        if (element.ValueKind is JsonValueKind.Undefined || !element.GetRawText().Contains("\\ud", StringComparison.OrdinalIgnoreCase))
        {
            return element;
        }

        using var whole = JsonDocument.Parse(Replace(Encoding.UTF8.GetBytes(element.GetRawText())), new JsonDocumentOptions { MaxDepth = 128 });
        return whole.RootElement.Clone();
    }

    /// <summary>JSON in which each half is U+FFFD.</summary>
    public static byte[] Replace(ReadOnlySpan<byte> json) => Rewrite(json, static _ => "\\ufffd");

    /// <summary>JSON in which each half stands as another character until <see cref="Unpark"/>.</summary>
    public static byte[] Park(ReadOnlySpan<byte> json) => Rewrite(json, static half =>
    {
        var pair = char.ConvertFromUtf32(Parking + (half - 0xD800));
        return string.Create(CultureInfo.InvariantCulture, $"\\u{(int)pair[0]:x4}\\u{(int)pair[1]:x4}");
    });

    /// <summary>Puts the halves back that were parked.</summary>
    public static string Unpark(string text)
    {
        var halves = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (at + 1 < text.Length && char.IsSurrogatePair(text, at) && char.ConvertToUtf32(text, at) is >= Parking and < Parking + 0x800 and var parked)
            {
                halves.Append((char)(parked - Parking + 0xD800));
                at++;
            }
            else
            {
                halves.Append(text[at]);
            }
        }

        return halves.ToString();
    }

    /// <summary>The text with U+FFFD for each half.</summary>
    public static string Repair(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static byte[] Rewrite(ReadOnlySpan<byte> json, Func<int, string> replace)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 16);
        var at = 0;
        while (at < json.Length)
        {
            if (json[at] != (byte)'\\')
            {
                var next = json[at..].IndexOf((byte)'\\');
                var plain = next < 0 ? json[at..] : json.Slice(at, next);
                output.Write(plain);
                at += plain.Length;
                continue;
            }

            if (EscapeAt(json, at) is not { } unit || unit is < 0xD800 or > 0xDFFF)
            {
                // An escaped backslash is two bytes that belong together.
                var escape = json.Slice(at, Math.Min(2, json.Length - at));
                output.Write(escape);
                at += escape.Length;
            }
            else if (unit < 0xDC00 && EscapeAt(json, at + EscapeLength) is >= 0xDC00 and <= 0xDFFF)
            {
                output.Write(json.Slice(at, 2 * EscapeLength));
                at += 2 * EscapeLength;
            }
            else
            {
                output.Write(Encoding.ASCII.GetBytes(replace(unit)));
                at += EscapeLength;
            }
        }

        return output.WrittenSpan.ToArray();
    }

    private static int? EscapeAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == (byte)'\\' && json[at + 1] == (byte)'u'
        && int.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? unit : null;
}
