using System.Text.Json;
using Pilotlight.Core.Steps;

namespace Pilotlight.WebConsole.Answers;

/// <summary>A tool that was called, for the eye. All of it is text.</summary>
public sealed class ToolCallView(string id, string name, JsonElement input)
{
    private const int LongestSubject = 160;

    public string Id => id;

    /// <summary>What was called: the tool, or the agent that was given work.</summary>
    public string Name => Task?.Agent ?? Input.Agent ?? name;

    /// <summary>What has become of the task that it began; null where it began none.</summary>
    public TaskView? Task { get; set; }

    /// <summary>What it was called with.</summary>
    public ToolInput Input { get; } = ToolInput.Of(name, input);

    public bool IsDone { get; set; }

    public bool IsError { get; set; }

    /// <summary>What it returned, or its beginning; null for nothing.</summary>
    public string? Output { get; set; }

    /// <summary>What was too large to keep, in words; null for nothing.</summary>
    public string? LeftOut { get; set; }

    /// <summary>What it is about, in a line.</summary>
    public string Subject
    {
        get
        {
            var line = Input.Subject.ReplaceLineEndings(" ");
            return line.Length > LongestSubject ? string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[LongestSubject - 1]) ? LongestSubject - 1 : LongestSubject), "…") : line;
        }
    }

    /// <summary>A stored one.</summary>
    public static ToolCallView Of(StepCall call) =>
        new(call.Id, call.Name, call.Input ?? default) { IsDone = true, IsError = call.IsError || !call.HasReturned, Output = call.Result, LeftOut = call.LeftOut };
}
