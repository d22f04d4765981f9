using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Tools;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.FrontEnds;

/// <summary>A turn in the words of the AI SDK's UI message stream. One instance a reading.</summary>
/// <param name="messageId">The answer's message.</param>
internal sealed class UiWords(string messageId) : ITurnWords
{
    private (string Kind, string Id)? _open;
    private int _parts;

    public string? Last => "data: [DONE]\n\n";

    public IEnumerable<JsonObject> Begin() => [new() { ["type"] = "start", ["messageId"] = messageId }, new() { ["type"] = "start-step" }];

    public IEnumerable<JsonObject> Tell(StoredEvent stored) => stored.Type switch
    {
        TurnEventJson.TextDelta => Piece("text", TurnEventJson.ReadText(stored.Data)),
        TurnEventJson.ThinkingDelta => Piece("reasoning", TurnEventJson.ReadText(stored.Data)),
        TurnEventJson.TextReset => Reset(),
        TurnEventJson.ToolStarted => Call(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.ToolStartedData)!),
        TurnEventJson.ToolFinished => Result(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.ToolFinishedData)!),
        TurnEventJson.Completed => Completed(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.CompletedData)!),
        TurnEventJson.Failed => Failed(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.FailedData)!),
        TurnEventJson.Cancelled => [.. Close(), new JsonObject { ["type"] = "abort" }],
        TurnEventJson.Started => [],
        _ => [new JsonObject { ["type"] = "data-" + stored.Type.Replace('.', '-'), ["data"] = JsonNode.Parse(stored.Data), ["transient"] = true }],
    };

    private IEnumerable<JsonObject> Piece(string kind, string text)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        if (_open?.Kind != kind)
        {
            foreach (var word in Close())
            {
                yield return word;
            }

            _open = (kind, string.Create(CultureInfo.InvariantCulture, $"{messageId}.{_parts++}"));
            yield return new JsonObject { ["type"] = kind + "-start", ["id"] = _open.Value.Id };
        }

        yield return new JsonObject { ["type"] = kind + "-delta", ["id"] = _open!.Value.Id, ["delta"] = text };
    }

    // The protocol takes nothing back: which part is void is told in a word of our own, that is kept with the message.
    private IEnumerable<JsonObject> Reset() => _open is ("text", var id)
        ? [.. Close(), new JsonObject { ["type"] = "data-text-reset", ["data"] = new JsonObject { ["id"] = id } }]
        : [];

    private IEnumerable<JsonObject> Call(ToolStartedData call) =>
    [
        .. Close(),
        new JsonObject
        {
            ["type"] = "tool-input-available", ["toolCallId"] = call.Id, ["toolName"] = FunctionNames.Unqualify(call.Name), ["input"] = JsonNode.Parse(call.Input.GetRawText()),
            ["dynamic"] = true, ["providerExecuted"] = true,
        },
    ];

    private IEnumerable<JsonObject> Result(ToolFinishedData result) =>
    [
        .. Close(),
        result.IsError
            ? new JsonObject { ["type"] = "tool-output-error", ["toolCallId"] = result.Id, ["errorText"] = result.Summary ?? "", ["dynamic"] = true, ["providerExecuted"] = true }
            : new JsonObject { ["type"] = "tool-output-available", ["toolCallId"] = result.Id, ["output"] = result.Summary, ["dynamic"] = true, ["providerExecuted"] = true },
    ];

    private IEnumerable<JsonObject> Completed(CompletedData end) =>
    [
        .. Close(),
        new JsonObject { ["type"] = "finish-step" },
        new JsonObject
        {
            ["type"] = "finish",
            ["finishReason"] = end.StopReason switch
            {
                "max_tokens" or "model_context_window_exceeded" => "length",
                "tool_use" => "tool-calls",
                "refusal" => "content-filter",
                _ => "stop",
            },
            ["messageMetadata"] = new JsonObject
            {
                ["model"] = end.Model,
                ["usage"] = JsonSerializer.SerializeToNode(end.Usage, FrontEndJson.Default.TurnUsage),
                ["costUsd"] = end.CostUsd,
            },
        },
    ];

    private IEnumerable<JsonObject> Failed(FailedData end) =>
    [
        .. Close(),
        new JsonObject { ["type"] = "error", ["errorText"] = end.Problem.Detail },
        new JsonObject { ["type"] = "finish", ["finishReason"] = "error" },
    ];

    private JsonObject[] Close()
    {
        JsonObject[] words = _open is var (kind, id) ? [new() { ["type"] = kind + "-end", ["id"] = id }] : [];
        _open = null;
        return words;
    }
}

[System.Text.Json.Serialization.JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[System.Text.Json.Serialization.JsonSerializable(typeof(Claude.Turns.TurnUsage))]
internal sealed partial class FrontEndJson : System.Text.Json.Serialization.JsonSerializerContext;
