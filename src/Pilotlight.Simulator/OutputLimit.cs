using System.Text.Json;

namespace Pilotlight.Simulator;

/// <summary>Where a request itself ends the answer: <c>max_tokens</c> and <c>stop_sequences</c>, as the API keeps to them.</summary>
internal static class OutputLimit
{
    /// <summary>The text as far as it goes, and why it stops there; no reason when it is whole.</summary>
    public static (string Text, string? StopReason, string? StopSequence) Apply(JsonElement body, string text, Func<string, List<string>> tokens)
    {
        string? stop = null;
        foreach (var sequence in StopSequences(body))
        {
            if (sequence.Length > 0 && text.IndexOf(sequence, StringComparison.Ordinal) is >= 0 and var at)
            {
                (text, stop) = (text[..at], sequence);
            }
        }

        var words = tokens(text);
        return MaxTokens(body) is { } max && words.Count > max
            ? (string.Concat(words.Take(max)), "max_tokens", null)
            : (text, stop is null ? null : "stop_sequence", stop);
    }

    private static int? MaxTokens(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty("max_tokens", out var max) && max.TryGetInt32(out var number) ? number : null;

    private static IEnumerable<string> StopSequences(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty("stop_sequences", out var stops) && stops.ValueKind == JsonValueKind.Array
            ? stops.EnumerateArray().Select(stop => stop.GetString() ?? "")
            : [];
}
