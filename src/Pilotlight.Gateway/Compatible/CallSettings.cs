using Pilotlight.Claude.Conversations;

namespace Pilotlight.Gateway.Compatible;

/// <summary>How a call wants to be answered, beside what is said in it; the same for all APIs. What is null or empty was not asked for.</summary>
internal sealed record CallSettings
{
    /// <summary>From 0 to 1; the default of 1 is null.</summary>
    public double? Temperature { get; init; }

    /// <summary>From 0 to 1; the default of 1 is null.</summary>
    public double? TopP { get; init; }

    /// <summary>Of how many tokens the next is chosen.</summary>
    public int? TopK { get; init; }

    /// <summary>Texts that end the answer and are no part of it. The API takes only those that are more than whitespace.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>Longest answer, in tokens.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Whether tools are to be called, and which.</summary>
    public ToolChoice ToolChoice { get; init; } = ToolChoice.Auto;

    /// <summary>Whether at most one tool is to be called at a time.</summary>
    public bool OneCallAtATime { get; init; }

    /// <summary>The functions whose calls must fit their schema exactly, by name.</summary>
    public IReadOnlySet<string> StrictTools { get; init; } = new HashSet<string>();

    /// <summary>Whether the model thinks, and how that is shown.</summary>
    public ThinkingSetting? Thinking { get; init; }

    /// <summary>How much it thinks.</summary>
    public Effort? Effort { get; init; }

    /// <summary>Whether summaries of the thinking are asked for.</summary>
    public bool? ThinkingSummaries { get; init; }

    /// <summary>Whether the caller keeps the thinking, to tell it again with the next call.</summary>
    public bool KeepsThinking { get; init; }

    /// <summary>The beginning of the answer, which the model goes on from.</summary>
    public string? Prefill { get; init; }

    /// <summary>As Anthropic's API calls it: <c>auto</c> or <c>standard_only</c>; the default of <c>auto</c> is null.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The caller's own name for the person who asks.</summary>
    public string? UserId { get; init; }

    /// <summary>Notes of the system in the middle of the conversation. Each stands in the user's words, folded, where it was given.</summary>
    public IReadOnlyList<SystemNote> SystemNotes { get; init; } = [];

    /// <summary>Parameters that only tune and that no model here has a counterpart for, by name.</summary>
    public IReadOnlyList<string> Tuning { get; init; } = [];

    /// <summary>Parameters that nobody here knows, by name.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];
}

/// <summary>Whether tools are to be called.</summary>
internal enum ToolChoiceKind
{
    /// <summary>As the model likes.</summary>
    Auto,

    /// <summary>At least one.</summary>
    Any,

    /// <summary>None.</summary>
    None,

    /// <summary>The one that is named.</summary>
    Tool,
}

/// <summary>Whether tools are to be called, and which.</summary>
/// <param name="Kind">Whether.</param>
/// <param name="Tool">The one that must be, by the caller's name for it; else null.</param>
internal sealed record ToolChoice(ToolChoiceKind Kind, string? Tool = null)
{
    public static ToolChoice Auto { get; } = new(ToolChoiceKind.Auto);

    public static ToolChoice Any { get; } = new(ToolChoiceKind.Any);

    public static ToolChoice None { get; } = new(ToolChoiceKind.None);
}

/// <summary>Whether a model thinks before it answers.</summary>
/// <param name="Kind"><c>enabled</c>, <c>adaptive</c> or <c>disabled</c>, as Anthropic's API calls it.</param>
/// <param name="BudgetTokens">Most tokens to think with, where it is <c>enabled</c>.</param>
/// <param name="Display"><c>summarized</c> or <c>omitted</c>; null leaves it to the model.</param>
internal sealed record ThinkingSetting(string Kind, int? BudgetTokens = null, string? Display = null);

/// <summary>What the system says in the middle of a conversation.</summary>
/// <param name="Text">What it says.</param>
internal sealed record SystemNote(string Text)
{
    /// <summary>As it stands in the user's words, a part of its own, for a process that takes no such note.</summary>
    public string Folded => $"<system-note>\n{Text}\n</system-note>";
}
