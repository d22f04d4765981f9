using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Thinking as a client of OpenAI's keeps it, where nothing is kept here: one opaque text, which it sends again with the next call.</summary>
/// <remarks>It holds the API's own blocks with their signatures. Nothing in it is secret; the API finds out who changes it.</remarks>
internal static class SealedThoughts
{
    private const string Mark = "plt1.";
    private const int MostBlocks = 100;

    /// <summary>Blocks of thinking as one text.</summary>
    public static string Write(IEnumerable<JsonElement> blocks) =>
        Mark + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(new JsonArray([.. blocks.Select(block => JsonNode.Parse(block.GetRawText()))]).ToJsonString()));

    /// <summary>The blocks of a text; none of one that is another's or is broken, as of a provider that was asked before.</summary>
    public static IReadOnlyList<JsonElement> Read(string? text)
    {
        if (text?.StartsWith(Mark, StringComparison.Ordinal) != true || !Base64Url.IsValid(text.AsSpan(Mark.Length)))
        {
            return [];
        }

        try
        {
            var json = Base64Url.DecodeFromChars(text.AsSpan(Mark.Length));
            if (!JsonText.IsUtf8(json))
            {
                return [];
            }

            JsonText.Mend(json);
            var blocks = JsonElement.Parse(json);
            return blocks.ValueKind == JsonValueKind.Array && blocks.GetArrayLength() <= MostBlocks && blocks.EnumerateArray().All(IsThought) ? [.. blocks.EnumerateArray()] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static bool IsThought(JsonElement block) => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
        && (type.ValueEquals("thinking") ? HasText(block, "thinking") && HasText(block, "signature") : type.ValueEquals("redacted_thinking") && HasText(block, "data"));

    private static bool HasText(JsonElement block, string name) => block.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String;
}
