using System.Text.Json;

namespace Pilotlight.Core.Approvals;

/// <summary>What a call is going to do, in words for people.</summary>
internal static class ApprovalTitle
{
    private const int Longest = 200;

    public static string Of(string tool, JsonElement input)
    {
        return Shorten(tool switch
        {
            "Bash" or "BashOutput" => $"Run {Field("command")}",
            "KillShell" or "KillBash" => "End a shell",
            "Read" or "NotebookRead" => $"Read {Field("file_path")}",
            "Write" => $"Write {Field("file_path")}",
            "Edit" or "MultiEdit" => $"Change {Field("file_path")}",
            "NotebookEdit" => $"Change {Field("notebook_path")}",
            "Glob" or "Grep" => $"Look for {Field("pattern")}",
            "WebFetch" => $"Fetch {Field("url")}",
            "WebSearch" => $"Search the web for {Field("query")}",
            "Task" or "Agent" => $"Have an agent work: {Field("description")}",
            "AskUserQuestion" => "Answer a question",
            _ => $"Use {tool}",
        });

        string Field(string name) =>
            input.ValueKind == JsonValueKind.Object && input.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString()! : "something";
    }

    private static string Shorten(string title) => title.Length > Longest ? string.Concat(title.AsSpan(0, char.IsHighSurrogate(title[Longest - 1]) ? Longest - 1 : Longest), "…") : title;
}
