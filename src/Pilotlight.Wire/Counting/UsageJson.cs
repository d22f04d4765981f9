using System.Text.Json;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Counting;

/// <summary>The API's <c>usage</c> object.</summary>
internal static class UsageJson
{
    /// <summary>Reads one; the reader stands at its beginning. A later figure takes the place of an earlier one: the API tells totals.</summary>
    public static CallUsage Read(ref Utf8JsonReader reader, CallUsage usage)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("input_tokens"u8))
            {
                usage = usage with { InputTokens = JsonTokens.Number(ref reader) ?? usage.InputTokens };
            }
            else if (reader.ValueTextEquals("output_tokens"u8))
            {
                usage = usage with { OutputTokens = JsonTokens.Number(ref reader) ?? usage.OutputTokens };
            }
            else if (reader.ValueTextEquals("cache_read_input_tokens"u8))
            {
                usage = usage with { CacheReadTokens = JsonTokens.Number(ref reader) ?? usage.CacheReadTokens };
            }
            else if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
            {
                usage = usage with { CacheWriteTokens = JsonTokens.Number(ref reader) ?? usage.CacheWriteTokens };
            }
            else if (reader.ValueTextEquals("ephemeral_1h_input_tokens"u8))
            {
                usage = usage with { CacheWriteHourTokens = JsonTokens.Number(ref reader) ?? usage.CacheWriteHourTokens };
            }
            else if (reader.ValueTextEquals("web_search_requests"u8))
            {
                usage = usage with { WebSearches = JsonTokens.Number(ref reader) ?? usage.WebSearches };
            }
            else if (reader.ValueTextEquals("cache_creation"u8) || reader.ValueTextEquals("server_tool_use"u8))
            {
                reader.Read();
                usage = reader.TokenType == JsonTokenType.StartObject ? Read(ref reader, usage) : usage;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return usage;
    }
}
