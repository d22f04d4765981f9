using System.Text.Json;

namespace Pilotlight.Wire.Calls;

/// <summary>What a turn sets on its main calls; null leaves what the CLI sends. Immutable.</summary>
/// <remarks>
/// The API does not take thinking together with a temperature, <see cref="TopK"/>, a forced tool or a prefill: unless
/// <see cref="Thinking"/> is set too, the CLI's own thinking is taken out then, as it is for a client that asks for none. Everything
/// else is put in as it is given, and the API is the judge of it.
/// </remarks>
public sealed record CallParameters
{
    /// <summary>Nothing is set: bodies pass byte for byte.</summary>
    public static CallParameters None { get; } = new();

    /// <summary><c>temperature</c>.</summary>
    public double? Temperature { get; init; }

    /// <summary><c>top_p</c>.</summary>
    public double? TopP { get; init; }

    /// <summary><c>top_k</c>.</summary>
    public int? TopK { get; init; }

    /// <summary><c>stop_sequences</c>.</summary>
    public IReadOnlyList<string>? StopSequences { get; init; }

    /// <summary>
    /// <c>max_tokens</c>: the API stops there itself, and the turn ends there. The observer is told <c>max_tokens</c>; the CLI, which would
    /// ask the model to go on, is told <c>end_turn</c>.
    /// </summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// <c>tool_choice</c> as the API has it, <c>disable_parallel_tool_use</c> included. One that forces a tool (<c>any</c>, <c>tool</c>)
    /// is set on the turn's first main call alone: on all of them the turn would never end.
    /// </summary>
    public JsonElement? ToolChoice { get; init; }

    /// <summary><c>thinking</c> as the API has it; an element of JSON null, or of type <c>disabled</c>, takes the CLI's out.</summary>
    public JsonElement? Thinking { get; init; }

    /// <summary><c>output_config.effort</c>.</summary>
    public string? Effort { get; init; }

    /// <summary><c>output_config.format</c>: a JSON schema that the answer has to follow.</summary>
    public JsonElement? OutputFormat { get; init; }

    /// <summary>The beginning of the answer, as an assistant's message at the end of the turn's first main call.</summary>
    public string? Prefill { get; init; }

    /// <summary><c>service_tier</c>.</summary>
    public string? ServiceTier { get; init; }

    /// <summary><c>metadata.user_id</c>.</summary>
    public string? UserId { get; init; }

    /// <summary>Notes of the role <c>system</c> inside the conversation.</summary>
    public IReadOnlyList<SystemNote>? SystemNotes { get; init; }

    /// <summary>Names of tools, as they stand in the request, that get <c>strict: true</c>.</summary>
    public IReadOnlyCollection<string>? StrictTools { get; init; }

    /// <summary>Further members of the body by name; each takes the place of one that is there.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }

    /// <summary>Values added to the <c>anthropic-beta</c> header.</summary>
    public IReadOnlyCollection<string>? Betas { get; init; }

    /// <summary>Whether there is nothing to set.</summary>
    public bool IsEmpty => this == None;
}

/// <summary>A note of the role <c>system</c> inside the conversation.</summary>
/// <param name="After">How many messages of users and assistants stand before it; beyond the last, it stands at the end.</param>
/// <param name="Text">What it says.</param>
public sealed record SystemNote(int After, string Text);
