using System.Text.Json;

namespace Pilotlight.WebConsole.Answers;

/// <summary>What a turn waits with for its user.</summary>
/// <param name="Id">The approval.</param>
/// <param name="Tool">The tool; null for a question.</param>
/// <param name="Title">What is going to be done, in words.</param>
/// <param name="Input">What it is called with; null for a question.</param>
/// <param name="Questions">What the model asks; none for an approval.</param>
/// <param name="ExpiresAt">When it is denied by itself.</param>
public sealed record ApprovalView(string Id, string? Tool, string Title, ToolInput? Input, IReadOnlyList<QuestionView> Questions, DateTimeOffset? ExpiresAt)
{
    public static ApprovalView Of(string type, JsonElement data)
    {
        var id = Word(data, "approvalId") ?? "";
        DateTimeOffset? expires = data.TryGetProperty("expiresAt", out var at) && at.TryGetDateTimeOffset(out var time) ? time : null;
        if (type == "question.asked")
        {
            var questions = data.TryGetProperty("questions", out var asked) && asked.ValueKind == JsonValueKind.Array ? asked.EnumerateArray().Select(QuestionView.Of) : [];
            return new ApprovalView(id, null, "The model asks", null, [.. questions], expires);
        }

        var tool = Word(data, "tool") ?? "tool";
        return new ApprovalView(id, tool, Word(data, "title") ?? tool, ToolInput.Of(tool, data.TryGetProperty("input", out var input) ? input.Clone() : default), [], expires);
    }

    internal static string? Word(JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A question of the model's.</summary>
/// <param name="Text">What it asks; its answer goes by this.</param>
/// <param name="Header">In a word or two.</param>
/// <param name="IsMultiple">Whether several may be chosen.</param>
/// <param name="Options">What may be chosen.</param>
public sealed record QuestionView(string Text, string? Header, bool IsMultiple, IReadOnlyList<OptionView> Options)
{
    public static QuestionView Of(JsonElement question) => new(
        ApprovalView.Word(question, "question") ?? "?",
        ApprovalView.Word(question, "header"),
        question.TryGetProperty("multiSelect", out var many) && many.ValueKind == JsonValueKind.True,
        question.TryGetProperty("options", out var options) && options.ValueKind == JsonValueKind.Array
            ? [.. options.EnumerateArray().Select(option => new OptionView(ApprovalView.Word(option, "label") ?? "", ApprovalView.Word(option, "description")))] : []);
}

/// <summary>What may be chosen.</summary>
public sealed record OptionView(string Label, string? Description);
