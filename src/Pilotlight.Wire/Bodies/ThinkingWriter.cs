using System.Text.Json;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Bodies;

/// <summary>Sets thinking, or takes the CLI's out where the API would not have it beside what else was asked for.</summary>
internal static class ThinkingWriter
{
    private const int LeastThinkingBudget = 1024;

    public static void Write(JsonObjectEdit body, CallParameters parameters)
    {
        if (parameters.Thinking is { ValueKind: JsonValueKind.Object } thinking)
        {
            body.Set("thinking", BodyJson.Write(thinking));
            if (!IsDisabled(thinking))
            {
                return;
            }
        }
        else if (parameters.Thinking is not null || ExcludesThinking(parameters))
        {
            body.Remove("thinking");
        }
        else
        {
            if (parameters.MaxTokens is { } most)
            {
                Fit(body, most);
            }

            return;
        }

        RemoveClearing(body);
    }

    /// <summary>Makes a fixed thinking budget fit below <c>max_tokens</c>; the API refuses it otherwise.</summary>
    public static void Fit(JsonObjectEdit body, int maxTokens)
    {
        if (body.Find("thinking") is not { } thinking)
        {
            return;
        }

        var edit = JsonObjectEdit.Parse(thinking);
        if (edit.Find("budget_tokens") is not { } budget || !TryReadInt(budget, out var tokens) || tokens < maxTokens)
        {
            return;
        }

        if (maxTokens <= LeastThinkingBudget)
        {
            body.Remove("thinking");
            RemoveClearing(body);
            return;
        }

        edit.Set("budget_tokens", BodyJson.Write(maxTokens - 1));
        body.Set("thinking", edit.ToBytes());
    }

    private static bool IsDisabled(JsonElement thinking) => thinking.TryGetProperty("type", out var type) && type.ValueEquals("disabled");

    // In all calls of the turn, also where what excludes it is set on the first alone: the API has no thinking that begins within a turn.
    private static bool ExcludesThinking(CallParameters parameters) =>
        (parameters.Temperature is { } temperature && temperature != 1)
        || parameters.TopK is not null
        || parameters.Prefill is not null
        || (parameters.ToolChoice is { } choice && ParameterWriter.ForcesATool(choice));

    // The CLI asks the API to clear old thinking, which the API takes only while thinking is on.
    private static void RemoveClearing(JsonObjectEdit body)
    {
        if (body.Find("context_management") is not { } management)
        {
            return;
        }

        var edit = JsonObjectEdit.Parse(management);
        if (edit.Find("edits") is not { } edits)
        {
            return;
        }

        var kept = JsonArrayEdit.Read(edits).Where(element => !IsClearing(element)).ToList();
        if (kept.Count == 0)
        {
            body.Remove("context_management");
            return;
        }

        edit.Set("edits", JsonArrayEdit.Write(kept));
        body.Set("context_management", edit.ToBytes());
    }

    private static bool IsClearing(ReadOnlyMemory<byte> element) =>
        JsonObjectEdit.Parse(element).Find("type") is { } type && type.Span.StartsWith("\"clear_thinking"u8);

    private static bool TryReadInt(ReadOnlyMemory<byte> value, out int number)
    {
        var reader = new Utf8JsonReader(value.Span);
        number = 0;
        return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out number);
    }
}
