using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Cluster.Calls;

/// <summary>What happened in a call's turn, as it goes between nodes: one of these is there. What no API has a word for is not told.</summary>
internal sealed record CallEvent
{
    public TurnStarted? Started { get; init; }

    public TextDelta? Text { get; init; }

    public ThinkingDelta? Thinking { get; init; }

    public TextReset? Reset { get; init; }

    public ToolStarted? Call { get; init; }

    public TurnCompleted? Completed { get; init; }

    public TurnFailed? Failed { get; init; }

    public TurnCancelled? Cancelled { get; init; }

    /// <summary>Events as they are sent.</summary>
    public static byte[] Write(IEnumerable<TurnEvent> events) => JsonSerializer.SerializeToUtf8Bytes([.. events.Select(Of).OfType<CallEvent>()], CallJson.Default.CallEventArray);

    /// <summary>Events as they were sent; null when another release says something that this one cannot read.</summary>
    public static IReadOnlyList<TurnEvent>? TryRead(byte[]? json)
    {
        try
        {
            return json is null ? [] : [.. (JsonSerializer.Deserialize(json, CallJson.Default.CallEventArray) ?? []).Select(one => one.Event).OfType<TurnEvent>()];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether it ends its turn.</summary>
    public static bool IsLast(TurnEvent turnEvent) => turnEvent is TurnCompleted or TurnFailed or TurnCancelled;

    private TurnEvent? Event => Started ?? Text ?? Thinking ?? Reset ?? Call ?? Completed ?? Failed ?? (TurnEvent?)Cancelled;

    private static CallEvent? Of(TurnEvent turnEvent) => turnEvent switch
    {
        TurnStarted started => new() { Started = started },
        TextDelta text => new() { Text = text },
        ThinkingDelta thinking => new() { Thinking = thinking },
        TextReset reset => new() { Reset = reset },
        ToolStarted call => new() { Call = call },
        TurnCompleted completed => new() { Completed = completed },
        TurnFailed failed => new() { Failed = failed },
        TurnCancelled cancelled => new() { Cancelled = cancelled },
        _ => null,
    };
}

// What a model says to a tool may be nested 64 deep, and stands further in here.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 128, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(CallEvent[]))]
internal sealed partial class CallJson : JsonSerializerContext;
