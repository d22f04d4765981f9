using System.Text.Json;

namespace Pilotlight.Wire.Counting;

/// <summary>Reads single values, and passes over what is of another kind.</summary>
internal static class JsonTokens
{
    /// <summary>The string that comes next; null when it is none.</summary>
    public static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    /// <summary>The whole number that comes next; null when it is none.</summary>
    public static long? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
        {
            return number;
        }

        reader.Skip();
        return null;
    }
}
