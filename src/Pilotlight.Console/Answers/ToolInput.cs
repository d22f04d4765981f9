using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pilotlight.WebConsole.Answers;

/// <summary>What a tool is called with, as a person reads it: a command, a change of a file, or what there is.</summary>
/// <param name="Subject">What it is about, in few words.</param>
/// <param name="Command">Of a shell its command; null otherwise.</param>
/// <param name="Changes">Of a change to a file its lines; null otherwise.</param>
/// <param name="Text">Of any other tool its input as JSON; null otherwise.</param>
public sealed record ToolInput(string Subject, string? Command, IReadOnlyList<DiffLine>? Changes, string? Text)
{
    /// <summary>The agent that is given work; null for any other tool.</summary>
    public string? Agent { get; private init; }

    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ToolInput Of(string tool, JsonElement input)
    {
        if (input.ValueKind != JsonValueKind.Object)
        {
            return new ToolInput("", null, null, null);
        }

        switch (tool)
        {
            case "Bash" when Word("command") is { } command:
                return new ToolInput(command, command, null, null);
            case "Write" when Word("content") is { } content:
                return new ToolInput(Word("file_path") ?? "", null, LineDiff.Of("", content), null);
            case "Edit" when Word("new_string") is { } after:
                return new ToolInput(Word("file_path") ?? "", null, LineDiff.Of(Word("old_string") ?? "", after), null);
            case "Agent" or "Task" when Word("prompt") is { } prompt:
                return new ToolInput(Word("description") ?? "", null, null, prompt) { Agent = Word("subagent_type") ?? "general-purpose" };
            default:
                var subject = Word("description") ?? Word("file_path") ?? Word("pattern") ?? Word("url") ?? Word("query") ?? "";
                return new ToolInput(subject, null, null, JsonSerializer.Serialize(input, s_readable));
        }

        string? Word(string name) => input.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
