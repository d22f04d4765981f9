using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Turns;

namespace Pilotlight.Client.Chat;

/// <summary>A turn's events as chat updates. One instance a call.</summary>
/// <remarks>The gateway's tools are told for information only: they have run.</remarks>
internal sealed class TurnUpdates(string threadId, bool givesTokens)
{
    private string? _source;

    /// <summary>The turn, once it is known.</summary>
    public string? TurnId { get; set; }

    /// <summary>The update that an event becomes; null for none.</summary>
    /// <exception cref="PilotlightException">The turn failed, or was stopped.</exception>
    public ChatResponseUpdate? From(TurnEvent turnEvent)
    {
        switch (turnEvent)
        {
            case TurnStarted started:
                (TurnId, _source) = (started.TurnId, started.Acquire.Source);
                return Update(turnEvent);
            case TextDelta delta:
                return Update(turnEvent, new TextContent(delta.Text));
            case ThinkingDelta thinking:
                return Update(turnEvent, new TextReasoningContent(thinking.Text));
            case ToolStarted tool:
                return Update(turnEvent, new FunctionCallContent(tool.CallId, tool.Name, Arguments(tool.Input)) { InformationalOnly = true });
            case ToolFinished tool:
                var result = Update(turnEvent, new FunctionResultContent(tool.CallId, tool.Summary));
                result.Role = ChatRole.Tool;
                return result;
            case TurnCompleted completed:
                return End(completed);
            case TurnFailed failed:
                throw new PilotlightException(failed.Problem);
            case TurnCancelled:
                throw new PilotlightException(new GatewayProblem(
                    GatewayProblem.Cancelled, "The turn was stopped", $"The turn {TurnId} was stopped; what had come is stored in its thread {threadId}."));
            default:
                return null;
        }
    }

    private ChatResponseUpdate End(TurnCompleted completed)
    {
        var usage = completed.Usage;
        var sent = usage.InputTokens + usage.CacheReadTokens + usage.CacheWriteTokens;
        var update = Update(completed, new UsageContent(new UsageDetails
        {
            InputTokenCount = sent, OutputTokenCount = usage.OutputTokens, TotalTokenCount = sent + usage.OutputTokens, CachedInputTokenCount = usage.CacheReadTokens,
        }));
        update.ModelId = completed.Model;
        update.ContinuationToken = null;
        update.FinishReason = completed.StopReason switch
        {
            "max_tokens" or "model_context_window_exceeded" => ChatFinishReason.Length,
            "refusal" => ChatFinishReason.ContentFilter,
            _ => ChatFinishReason.Stop,
        };
        update.AdditionalProperties = new AdditionalPropertiesDictionary { ["pilotlight.cost_usd"] = completed.CostUsd, ["pilotlight.acquire"] = _source };
        return update;
    }

    private static Dictionary<string, object?>? Arguments(JsonElement input) => input.ValueKind == JsonValueKind.Object
        ? input.EnumerateObject().ToDictionary(field => field.Name, object? (field) => field.Value.Clone(), StringComparer.Ordinal)
        : null;

    private ChatResponseUpdate Update(TurnEvent turnEvent, params AIContent[] contents) => new(ChatRole.Assistant, contents)
    {
        ConversationId = threadId,
        ResponseId = TurnId,
        RawRepresentation = turnEvent,
        ContinuationToken = givesTokens && TurnId is { } turn ? new TurnPosition(threadId, turn, turnEvent.Id).ToToken() : null,
    };
}
