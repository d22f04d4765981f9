using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Chat;

/// <summary>A turn's events as chat updates. One instance a call.</summary>
/// <remarks>
/// Calls that ran already are told for information only, their results in messages of the role <c>tool</c>: an answer with
/// calls reads as the several messages that it is.
/// </remarks>
internal sealed class TurnUpdates(ChatRequest request)
{
    private const string StructuredOutput = "StructuredOutput";

    private readonly string _responseId = NewId();
    private readonly Dictionary<string, FunctionCallContent> _calls = new(StringComparer.Ordinal);
    private string _messageId = NewId();
    private string _text = "";
    private UserToolResult? _decided;
    private AcquireSource? _source;

    private bool WantsJson => request.Conversation.OutputSchema is not null;

    /// <summary>The updates that an event becomes.</summary>
    public IEnumerable<ChatResponseUpdate> From(TurnEvent turnEvent)
    {
        switch (turnEvent)
        {
            case TurnStarted started:
                _source = started.Source;
                break;
            case TextReset:
                _text = "";
                break;
            case TextDelta delta:
                _text += delta.Text;
                if (!WantsJson)
                {
                    yield return Update(turnEvent, new TextContent(delta.Text));
                }

                break;
            case ThinkingDelta thinking when request.ShowsThinking:
                yield return Update(turnEvent, new TextReasoningContent(thinking.Text));
                break;
            case ToolStarted started when started.Name != StructuredOutput:
                var call = Call(started);
                _calls[started.ToolUseId] = call;
                if (call.InformationalOnly)
                {
                    yield return Update(turnEvent, call);
                }

                break;
            case ToolFinished finished when IsDecided(finished.ToolUseId):
                _decided = new UserToolResult(finished.ToolUseId, finished.Result ?? "", finished.IsError);
                yield return Finished(finished);
                break;
            case ToolFinished finished when _calls.GetValueOrDefault(finished.ToolUseId) is { InformationalOnly: true }:
                yield return Finished(finished);
                break;
            case TurnAwaitsApproval { Request: var asked }:
                var question = Update(turnEvent, new ToolApprovalRequestContent(asked.ToolUseId, CallOf(asked)));
                question.FinishReason = ChatFinishReason.ToolCalls;
                yield return question;
                break;
            case TurnAwaitsTools awaits:
                var calls = awaits.ToolUseIds.Select(id => _calls.GetValueOrDefault(id)).OfType<AIContent>().ToArray();
                var waiting = Update(turnEvent, calls);
                waiting.FinishReason = ChatFinishReason.ToolCalls;
                yield return waiting;
                break;
            case TurnCompleted completed:
                yield return End(completed);
                break;
        }
    }

    /// <summary>What the call adds to the conversation, for the day when its process is gone.</summary>
    public IEnumerable<HistoryMessage> Said(TurnEvent end)
    {
        yield return new HistoryMessage(HistoryRole.User, string.Join("\n\n", request.Content.OfType<UserText>().Select(part => part.Text)))
        {
            Content = request.Content.All(part => part is UserText) ? null
                : request.Content is [UserToolDecision decision] ? [_decided ?? new UserToolResult(decision.ToolUseId, "It did not finish.", IsError: true)]
                : request.Content,
        };
        if (end is TurnAwaitsApproval { Request: var asked })
        {
            yield return new HistoryMessage(HistoryRole.Assistant, _text) { Calls = [ChatHistory.OwnCall(CallOf(asked))] };
        }

        if (end is TurnAwaitsTools awaits)
        {
            yield return new HistoryMessage(HistoryRole.Assistant, _text)
            {
                Calls = [.. awaits.ToolUseIds.Select(id => _calls.GetValueOrDefault(id)).OfType<FunctionCallContent>().Select(ChatHistory.Call)],
            };
        }
        else if (end is TurnCompleted completed)
        {
            yield return new HistoryMessage(
                HistoryRole.Assistant,
                completed.StructuredOutput?.GetRawText() ?? _text,
                _calls.Count > 0 ? [.. _calls.Values.Select(call => call.Name).Distinct(StringComparer.Ordinal)] : null);
        }
    }

    private FunctionCallContent CallOf(ToolPermissionRequest asked) =>
        _calls.GetValueOrDefault(asked.ToolUseId) ?? Call(new ToolStarted(asked.ToolUseId, asked.ToolName, asked.Input));

    private bool IsDecided(string callId) => request.Content is [UserToolDecision decision] && decision.ToolUseId == callId;

    private static string NewId() => Guid.NewGuid().ToString("N");

    private FunctionCallContent Call(ToolStarted started) => new(
        started.ToolUseId,
        FunctionNames.Unqualify(started.Name),
        started.Input.ValueKind == JsonValueKind.Object
            ? started.Input.EnumerateObject().ToDictionary(field => field.Name, object? (field) => field.Value.Clone(), StringComparer.Ordinal)
            : null)
    {
        // Functions that only the caller can answer are his to call; all others have run when he hears of them.
        InformationalOnly = !FunctionNames.IsFunction(started.Name)
            || request.Conversation.Tools.FirstOrDefault(tool => FunctionNames.Qualify(tool.Name) == started.Name) is null or AIFunction,
    };

    private ChatResponseUpdate Finished(ToolFinished finished)
    {
        var known = request.Results.TryGet(finished.ToolUseId, out var result, out var fault);
        var update = Update(finished, new FunctionResultContent(finished.ToolUseId, known && fault is null ? result : finished.Summary) { Exception = fault });
        update.Role = ChatRole.Tool;
        update.MessageId = NewId();
        _messageId = NewId();
        return update;
    }

    private ChatResponseUpdate End(TurnCompleted completed)
    {
        var contents = new List<AIContent>();
        if (WantsJson)
        {
            contents.Add(new TextContent((completed.StructuredOutput ?? throw new ClaudeException(new TurnError(
                TurnErrorKind.Api, "The model gave no answer that fits the JSON schema. Ask again, or ask for less."))).GetRawText()));
        }

        contents.Add(new UsageContent(new UsageDetails
        {
            InputTokenCount = completed.Usage.InputTokens + completed.Usage.CacheReadTokens + completed.Usage.CacheWriteTokens,
            OutputTokenCount = completed.Usage.OutputTokens,
            TotalTokenCount = completed.Usage.ContextTokens,
            CachedInputTokenCount = completed.Usage.CacheReadTokens,
        }));
        var update = Update(completed, [.. contents]);
        update.ModelId = completed.Model;
        update.FinishReason = completed.StopReason switch
        {
            "max_tokens" or "model_context_window_exceeded" => ChatFinishReason.Length,
            "refusal" => ChatFinishReason.ContentFilter,
            _ => ChatFinishReason.Stop,
        };
        update.AdditionalProperties = new AdditionalPropertiesDictionary
        {
            ["pilotlight.cost_usd"] = completed.CostUsd,
            ["pilotlight.acquire"] = _source?.ToString().ToLowerInvariant(),
        };
        return update;
    }

    private ChatResponseUpdate Update(TurnEvent turnEvent, params AIContent[] contents) => new(ChatRole.Assistant, contents)
    {
        MessageId = _messageId,
        ResponseId = _responseId,
        ConversationId = request.IsSingleUse ? null : request.Conversation.Id,
        RawRepresentation = turnEvent,
    };
}
