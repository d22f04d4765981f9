using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Tools;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.FrontEnds;

/// <summary>A turn in the words of AG-UI 1.0: a run of a thread. One instance a reading.</summary>
/// <param name="threadId">The thread.</param>
/// <param name="runId">The run, as its client calls it.</param>
/// <param name="messageId">The answer's message.</param>
/// <param name="functions">The names of the functions that the client runs.</param>
internal sealed class AgUiWords(string threadId, string runId, string messageId, IReadOnlySet<string> functions) : ITurnWords
{
    private readonly List<string> _pending = [];
    private string? _text;
    private string? _thinking;
    private int _messages;

    public string? Last => null;

    public IEnumerable<JsonObject> Begin() =>
        [new() { ["type"] = "RUN_STARTED", ["threadId"] = threadId, ["runId"] = runId, ["protocolVersion"] = "1.0" }];

    public IEnumerable<JsonObject> Tell(StoredEvent stored) => stored.Type switch
    {
        TurnEventJson.TextDelta => Text(TurnEventJson.ReadText(stored.Data)),
        TurnEventJson.TextReset => Reset(),
        TurnEventJson.ThinkingDelta => Thinking(TurnEventJson.ReadText(stored.Data)),
        TurnEventJson.ToolStarted => Call(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.ToolStartedData)!),
        TurnEventJson.ToolFinished => Result(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.ToolFinishedData)!),
        TurnEventJson.Completed => Completed(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.CompletedData)!),
        TurnEventJson.Failed => Failed(JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.FailedData)!),
        TurnEventJson.Cancelled => [.. Close(), Finished(new JsonObject { ["type"] = "cancelled" })],
        TurnEventJson.Started => [],
        _ => [new JsonObject { ["type"] = "CUSTOM", ["name"] = "pilotlight." + stored.Type, ["value"] = JsonNode.Parse(stored.Data) }],
    };

    private IEnumerable<JsonObject> Text(string text)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        if (_text is null)
        {
            foreach (var word in Close())
            {
                yield return word;
            }

            _text = NextId();
            yield return new JsonObject { ["type"] = "TEXT_MESSAGE_START", ["messageId"] = _text, ["role"] = "assistant" };
        }

        yield return new JsonObject { ["type"] = "TEXT_MESSAGE_CONTENT", ["messageId"] = _text, ["delta"] = text };
    }

    private IEnumerable<JsonObject> Thinking(string text)
    {
        if (text.Length == 0)
        {
            yield break;
        }

        if (_thinking is null)
        {
            foreach (var word in Close())
            {
                yield return word;
            }

            _thinking = NextId();
            yield return new JsonObject { ["type"] = "REASONING_START", ["messageId"] = _thinking };
            yield return new JsonObject { ["type"] = "REASONING_MESSAGE_START", ["messageId"] = _thinking, ["role"] = "reasoning" };
        }

        yield return new JsonObject { ["type"] = "REASONING_MESSAGE_CONTENT", ["messageId"] = _thinking, ["delta"] = text };
    }

    // The protocol takes nothing back: which message is void is told in a word of our own.
    private IEnumerable<JsonObject> Reset() => _text is { } voided
        ? [.. Close(), new JsonObject { ["type"] = "CUSTOM", ["name"] = "pilotlight.text.reset", ["value"] = new JsonObject { ["messageId"] = voided } }]
        : [];

    private IEnumerable<JsonObject> Call(ToolStartedData call)
    {
        var name = FunctionNames.Unqualify(call.Name);
        if (FunctionNames.IsFunction(call.Name) && functions.Contains(name))
        {
            _pending.Add(call.Id);
        }

        return
        [
            .. Close(),
            new JsonObject { ["type"] = "TOOL_CALL_START", ["toolCallId"] = call.Id, ["toolCallName"] = name, ["parentMessageId"] = messageId },
            new JsonObject { ["type"] = "TOOL_CALL_ARGS", ["toolCallId"] = call.Id, ["delta"] = call.Input.GetRawText() },
            new JsonObject { ["type"] = "TOOL_CALL_END", ["toolCallId"] = call.Id },
        ];
    }

    private IEnumerable<JsonObject> Result(ToolFinishedData result) =>
    [
        .. Close(),
        new JsonObject { ["type"] = "TOOL_CALL_RESULT", ["messageId"] = NextId(), ["toolCallId"] = result.Id, ["content"] = result.Summary ?? "", ["role"] = "tool" },
    ];

    private IEnumerable<JsonObject> Completed(CompletedData end)
    {
        var outcome = new JsonObject { ["type"] = "success" };
        if (_pending.Count > 0)
        {
            outcome["pendingToolCallIds"] = new JsonArray([.. _pending.Select(id => JsonValue.Create(id))]);
        }

        var finished = Finished(outcome);
        finished["usage"] = new JsonArray(new JsonObject
        {
            ["provider"] = "anthropic",
            ["model"] = end.Model,
            ["inputTokens"] = end.Usage.InputTokens + end.Usage.CacheReadTokens + end.Usage.CacheWriteTokens,
            ["outputTokens"] = end.Usage.OutputTokens,
            ["cachedInputTokens"] = end.Usage.CacheReadTokens,
            ["cacheWriteInputTokens"] = end.Usage.CacheWriteTokens,
        });
        return [.. Close(), finished];
    }

    private IEnumerable<JsonObject> Failed(FailedData end) =>
        [.. Close(), new JsonObject { ["type"] = "RUN_ERROR", ["message"] = end.Problem.Detail, ["code"] = end.Problem.Type }];

    private JsonObject Finished(JsonObject outcome) => new() { ["type"] = "RUN_FINISHED", ["threadId"] = threadId, ["runId"] = runId, ["outcome"] = outcome };

    private JsonObject[] Close()
    {
        JsonObject[] words = (_text, _thinking) switch
        {
            ({ } text, _) => [new() { ["type"] = "TEXT_MESSAGE_END", ["messageId"] = text }],
            (_, { } thinking) => [new() { ["type"] = "REASONING_MESSAGE_END", ["messageId"] = thinking }, new() { ["type"] = "REASONING_END", ["messageId"] = thinking }],
            _ => [],
        };
        (_text, _thinking) = (null, null);
        return words;
    }

    private string NextId() => _messages++ == 0 ? messageId : string.Create(CultureInfo.InvariantCulture, $"{messageId}.{_messages - 1}");
}
