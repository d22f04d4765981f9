using System.Text.RegularExpressions;

namespace Pilotlight.Wire.Recording;

/// <summary>Takes credentials out of text that is kept.</summary>
internal static partial class SecretFilter
{
    private const string Removed = "[removed]";

    /// <summary>Without the keys that are known here, and without what looks like one of Anthropic's or the relay's.</summary>
    public static string Clean(string text, IEnumerable<string> keys)
    {
        foreach (var key in keys)
        {
            text = text.Replace(key, Removed, StringComparison.Ordinal);
        }

        return Credential().Replace(text, Removed);
    }

    [GeneratedRegex("""sk-ant-[A-Za-z0-9_\-]{8,}|pl-wire-[0-9a-f]{16}-[A-Za-z0-9_\-]{20,}""")]
    private static partial Regex Credential();
}
