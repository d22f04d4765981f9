using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Simulator;

/// <summary>What the simulator does with one request for a message.</summary>
/// <remarks>Immutable; combine with <c>with</c>.</remarks>
public sealed record Scenario
{
    /// <summary>The answer's text; null makes one up that quotes the question.</summary>
    public string? Text { get; init; }

    /// <summary>Thinking that comes before the text.</summary>
    public string? ThinkingText { get; init; }

    /// <summary>A tool to call after the text.</summary>
    public ToolCall? Tool { get; init; }

    /// <summary>More tools to call in the same message.</summary>
    public IReadOnlyList<ToolCall> MoreTools { get; init; } = [];

    /// <summary>An HTTP status to refuse with; null answers.</summary>
    public int? ErrorStatus { get; init; }

    /// <summary>The <c>retry-after</c> header of a refusal, in seconds.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Headers of the answer, whether it refuses or not: limits, for instance.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The API's error type; null is the one that goes with the status.</summary>
    public string? ErrorType { get; init; }

    /// <summary>The error's text.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Breaks the connection after this many tokens; null does not.</summary>
    public int? CutAfterTokens { get; init; }

    /// <summary>Breaks the connection before a single byte of the answer. Default: false.</summary>
    public bool IsCutAtOnce { get; init; }

    /// <summary>Goes silent after this many tokens, until the client leaves; null does not.</summary>
    public int? StallAfterTokens { get; init; }

    /// <summary>The wait before the first token, instead of the configured one.</summary>
    public TimeSpan? FirstTokenDelay { get; init; }

    /// <summary>Tokens a second, instead of the configured pace.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>The stop reason; null is the one that goes with the content.</summary>
    public string? StopReason { get; init; }

    /// <summary>Input tokens to report; null counts what was sent.</summary>
    public int? InputTokens { get; init; }

    /// <summary>Input tokens to report as read from the cache.</summary>
    public int CacheReadTokens { get; init; }

    /// <summary>Input tokens to report as written to the cache.</summary>
    public int CacheWriteTokens { get; init; }

    /// <summary>Answers with this text.</summary>
    public static Scenario Answer(string text) => new() { Text = text };

    /// <summary>Answers with this many words.</summary>
    public static Scenario Words(int words) => new() { Text = string.Join(' ', Enumerable.Range(1, words).Select(n => $"word{n}")) };

    /// <summary>Refuses with an HTTP status.</summary>
    public static Scenario Status(int status, int? retryAfterSeconds = null, string? message = null) =>
        new() { ErrorStatus = status, RetryAfterSeconds = retryAfterSeconds, ErrorMessage = message };

    /// <summary>Breaks the connection in the middle of the answer.</summary>
    public static Scenario Cut(string text, int afterTokens) => new() { Text = text, CutAfterTokens = afterTokens };

    /// <summary>Says nothing, or nothing more after some tokens, until the client leaves.</summary>
    public static Scenario Stall(string text = "", int afterTokens = 0) => new() { Text = text, StallAfterTokens = afterTokens };

    /// <summary>Thinks first.</summary>
    public static Scenario Thinking(string thinking, string text) => new() { ThinkingText = thinking, Text = text };

    /// <summary>Calls several tools in one message.</summary>
    public static Scenario ToolUses(params ToolCall[] tools) => new() { Text = "", Tool = tools[0], MoreTools = tools[1..] };

    /// <summary>Calls a tool.</summary>
    public static Scenario ToolUse(string name, string inputJson, string text = "") =>
        new() { Text = text, Tool = new ToolCall(name, JsonDocument.Parse(inputJson).RootElement.Clone()) };
}

/// <summary>A call of a tool.</summary>
[method: JsonConstructor]
public sealed record ToolCall(string Name, JsonElement Input)
{
    /// <summary>With its input as JSON text.</summary>
    public ToolCall(string name, string inputJson)
        : this(name, JsonDocument.Parse(inputJson).RootElement.Clone())
    {
    }
}
