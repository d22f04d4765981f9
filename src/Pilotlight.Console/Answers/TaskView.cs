using System.Globalization;

namespace Pilotlight.WebConsole.Answers;

/// <summary>What has become of a subagent, or of a program in the background.</summary>
/// <param name="Agent">The name of the subagent; null for another task.</param>
/// <param name="Doing">What it is at.</param>
/// <param name="Status"><c>running</c>, <c>completed</c>, <c>failed</c>, <c>stopped</c>, …</param>
/// <param name="ToolUses">Calls of tools so far.</param>
/// <param name="Report">What came of it; null while nothing has.</param>
public sealed record TaskView(string? Agent, string? Doing, string? Status, int? ToolUses, string? Report)
{
    /// <summary>Nothing is known yet.</summary>
    public static TaskView None { get; } = new(null, null, null, null, null);

    /// <summary>Whether it has ended.</summary>
    public bool IsOver => Status is "completed" or "failed" or "stopped";

    /// <summary>Where it is, in few words.</summary>
    public string State => Status switch
    {
        "completed" => "done",
        "failed" or "stopped" => Status,
        _ when ToolUses is > 0 => string.Create(CultureInfo.InvariantCulture, $"{Doing ?? "at work"} · {ToolUses} {(ToolUses == 1 ? "call" : "calls")}"),
        _ => "at work …",
    };
}
