namespace Pilotlight.Wire.Calls;

/// <summary>The tokens of one call, as the API has told them so far. Immutable.</summary>
public sealed record CallUsage
{
    /// <summary>Nothing yet.</summary>
    public static CallUsage None { get; } = new();

    /// <summary>Input tokens that were neither read from the cache nor written to it.</summary>
    public long InputTokens { get; init; }

    /// <summary>Output tokens. Told at the start (usually 1) and at the end of a stream; between them see <see cref="StreamedBytes"/>.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Input tokens read from the cache.</summary>
    public long CacheReadTokens { get; init; }

    /// <summary>Input tokens written to the cache, whatever its lifetime.</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Those of <see cref="CacheWriteTokens"/> that are kept for an hour, which cost more.</summary>
    public long CacheWriteHourTokens { get; init; }

    /// <summary>Searches of the web that the API itself made.</summary>
    public long WebSearches { get; init; }

    /// <summary>
    /// Bytes of text, thinking and tool input that were streamed. Of a stream that broke off this is all that is known of its output:
    /// about four to a token.
    /// </summary>
    public long StreamedBytes { get; init; }
}
