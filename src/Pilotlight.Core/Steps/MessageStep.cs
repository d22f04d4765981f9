using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Core.Steps;

/// <summary>A part of an answer that ends with calls of tools, and what they returned.</summary>
/// <param name="Text">What was said before the calls.</param>
/// <param name="Calls">The calls.</param>
public sealed record MessageStep(string Text, IReadOnlyList<StepCall> Calls);

/// <summary>A call of a tool of the agent's own, as it is kept.</summary>
/// <param name="Id">The model's id for it.</param>
/// <param name="Name">The tool.</param>
/// <param name="Input">Its input; null where it was too large to keep.</param>
/// <param name="Result">What it returned, or its beginning; null when it returned nothing, or has not yet.</param>
/// <param name="IsError">Whether it failed.</param>
/// <param name="LeftOut">What was too large to keep, in words; null when all is here.</param>
public sealed record StepCall(string Id, string Name, JsonElement? Input, string? Result, bool IsError, string? LeftOut)
{
    /// <summary>Whether it has returned.</summary>
    public bool HasReturned { get; init; }
}

/// <summary>Steps as they are stored.</summary>
public static class StepJson
{
    /// <summary>As JSON; null for none.</summary>
    public static string? Write(IReadOnlyList<MessageStep>? steps) => steps is { Count: > 0 } ? JsonSerializer.Serialize([.. steps], StepJsonContext.Default.MessageStepArray) : null;

    /// <summary>From JSON; null for none.</summary>
    public static IReadOnlyList<MessageStep>? Read(string? json) => json is null ? null : JsonSerializer.Deserialize(json, StepJsonContext.Default.MessageStepArray);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MessageStep[]))]
internal sealed partial class StepJsonContext : JsonSerializerContext;
