using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Claude.Protocol;

/// <summary>Turns a line of the CLI's output into a <see cref="CliMessage"/>; never throws for what the line holds.</summary>
/// <remarks>Pure and safe for concurrent use.</remarks>
internal static class CliMessageParser
{
    /// <summary>Parses one line, without its line feed.</summary>
    public static CliMessage Parse(ReadOnlySequence<byte> line) => DeltaLine.TryRead(line) ?? ParseInFull(line);

    // JSON that .NET does not read since it holds half a character: of the model's text it may be the half whose other comes next.
    private static CliMessage? ParseHalves(ReadOnlySequence<byte> line)
    {
        var json = line.ToArray();
        return TryParse(new(LoneSurrogates.Park(json))) switch
        {
            CliDelta delta => delta with { Text = LoneSurrogates.Unpark(delta.Text) },
            null => null,
            _ => TryParse(new(LoneSurrogates.Replace(json))),
        };
    }

    /// <summary>The same without the short cut for deltas.</summary>
    internal static CliMessage ParseInFull(ReadOnlySequence<byte> line) =>
        TryParse(line) ?? ParseHalves(line) ?? new CliUnknown(null, null);

    private static CliMessage? TryParse(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 128 });
        try
        {
            return JsonSerializer.Deserialize(ref reader, WireJsonContext.Default.WireLine) is { } wire
                ? Interpret(wire)
                : new CliUnknown(null, null);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON; or JSON whose strings cannot be text, which shows only when they are read.
            return null;
        }
    }

    private static CliMessage Interpret(WireLine wire) => (wire.Type, wire.Subtype) switch
    {
        ("stream_event", _) => StreamEvent(wire),
        ("assistant", _) => Assistant(wire),
        ("user", _) => new CliUser(ToolResults(wire.Message), IsSubagent(wire)),
        ("result", _) => Result(wire),
        ("system", "init") => new CliInit(
            wire.SessionId,
            wire.Model.AsString(),
            wire.ClaudeCodeVersion.AsString(),
            wire.ApiKeySource.AsString(),
            wire.Tools.AsStrings(),
            wire.Capabilities.AsStrings()),
        ("system", "api_retry") => new CliApiRetry(
            wire.Attempt.AsInt32() ?? 1,
            wire.MaxRetries.AsInt32() ?? 0,
            Delay(wire.RetryDelayMs),
            wire.ErrorStatus.AsInt32(),
            wire.Error.AsString()),
        ("system", "task_started" or "task_progress" or "task_updated" or "task_notification")
            when wire.TaskId.AsString() is { } task && !wire.Ambient.AsBoolean() => Task(wire, task),
        ("system", "session_state_changed") => new CliSessionState(wire.State.AsString() == "idle"),
        ("rate_limit_event", _) => new CliRateLimit(
            wire.RateLimitInfo.Property("status").AsString() == "rejected",
            wire.RateLimitInfo.Property("resetsAt").AsInt64() is > 0 and < 1L << 36 and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null),
        ("command_lifecycle", _) when wire.CommandUuid.AsString() is { } line => new CliLineState(line, wire.State.AsString()),
        ("control_response", _) when wire.Response?.RequestId is { } id => new CliControlResponse(
            id,
            wire.Response.Subtype == "success",
            wire.Response.Response.ValueKind == JsonValueKind.Undefined ? null : wire.Response.Response,
            wire.Response.Error.AsString()),
        ("control_request", _) when wire.RequestId is { } id => new CliControlRequest(
            id, wire.Request.Property("subtype").AsString() ?? "", wire.Request.WithoutHalves()),
        ("control_cancel_request", _) when wire.RequestId is { } id => new CliControlCancel(id),
        _ => new CliUnknown(wire.Type ?? "", wire.Subtype),
    };

    // A number may be beyond what a time can hold.
    private static TimeSpan Delay(JsonElement milliseconds) =>
        TimeSpan.FromMilliseconds(Math.Clamp(milliseconds.AsDouble() ?? 0, 0, TimeSpan.MillisecondsPerDay));

    private static CliMessage StreamEvent(WireLine wire) => wire.Event switch
    {
        { Type: "content_block_delta", Delta: { Type: "text_delta", Text: { } text } } =>
            new CliDelta(CliDeltaKind.Text, text, IsSubagent(wire)),
        { Type: "content_block_delta", Delta: { Type: "thinking_delta", Thinking: { } thinking } } =>
            new CliDelta(CliDeltaKind.Thinking, thinking, IsSubagent(wire)),
        { Type: "message_start" } started =>
            new CliMessageStart(started.Message?.Id, started.Message?.Model, Usage(started.Message?.Usage ?? default), wire.ParentToolUseId.AsString()),
        { Type: "message_delta" } grown =>
            new CliMessageDelta(grown.Delta?.StopReason, Usage(grown.Usage), wire.ParentToolUseId.AsString()),
        var other => new CliUnknown("stream_event", other?.Type),
    };

    private static CliTask Task(WireLine wire, string id) => new(id, wire.Subtype switch
    {
        "task_updated" => wire.Patch.Property("status").AsString(),
        "task_notification" => wire.Status.AsString(),
        _ => "running",
    })
    {
        Type = wire.TaskType.AsString(),
        ToolUseId = wire.ToolUseId.AsString(),
        Agent = wire.SubagentType.AsString(),
        Description = wire.Description.AsString() ?? wire.Patch.Property("description").AsString(),
        IsBackground = Flag(wire.IsBackgrounded) ?? Flag(wire.Patch.Property("is_backgrounded")),
        Summary = wire.Summary.AsString() ?? wire.Patch.Property("error").AsString(),
        LastTool = wire.LastToolName.AsString(),
        ParentTaskId = wire.ParentTaskId.AsString(),
        Tokens = wire.Usage.Property("total_tokens") is { ValueKind: JsonValueKind.Number } tokens ? tokens.AsInt64() : null,
        ToolUses = wire.Usage.Property("tool_uses").AsInt32(),
        Duration = wire.Usage.Property("duration_ms") is { ValueKind: JsonValueKind.Number } duration ? Delay(duration) : null,
    };

    private static bool? Flag(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.AsBoolean() : null;

    private static CliAssistant Assistant(WireLine wire)
    {
        var text = new StringBuilder();
        var tools = new List<CliToolUse>();
        foreach (var block in wire.Message?.Content.Items() ?? [])
        {
            switch (block.Property("type").AsString())
            {
                case "text":
                    text.Append(block.Property("text").AsString());
                    break;
                case "tool_use" when block.Property("id").AsString() is { } id:
                    tools.Add(new CliToolUse(id, block.Property("name").AsString() ?? "", block.Property("input").WithoutHalves()));
                    break;
            }
        }

        return new CliAssistant(wire.Message?.Id, wire.Message?.Model, text.ToString(), tools, Usage(wire.Message?.Usage ?? default), IsSubagent(wire));
    }

    private static List<CliToolResult> ToolResults(WireApiMessage? message)
    {
        var results = new List<CliToolResult>();
        foreach (var block in message?.Content.Items() ?? [])
        {
            if (block.Property("type").AsString() == "tool_result" && block.Property("tool_use_id").AsString() is { } id)
            {
                results.Add(new CliToolResult(id, block.Property("is_error").AsBoolean(), PlainText(block.Property("content"))));
            }
        }

        return results;
    }

    private static string? PlainText(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString(),
        JsonValueKind.Array => string.Concat(content.Items().Select(block => block.Property("text").AsString())),
        _ => null,
    };

    private static CliResult Result(WireLine wire)
    {
        var byModel = new Dictionary<string, CliUsage>(StringComparer.Ordinal);
        if (wire.ModelUsage.ValueKind == JsonValueKind.Object)
        {
            foreach (var model in wire.ModelUsage.EnumerateObject())
            {
                byModel[model.Name] = new CliUsage(
                    model.Value.Property("inputTokens").AsInt64(),
                    model.Value.Property("outputTokens").AsInt64(),
                    model.Value.Property("cacheReadInputTokens").AsInt64(),
                    model.Value.Property("cacheCreationInputTokens").AsInt64());
            }
        }

        return new CliResult(
            wire.Subtype,
            wire.IsError.AsBoolean(),
            wire.Result.AsString() ?? (wire.Errors.AsStrings() is [var first, ..] ? first : null),
            wire.ApiErrorStatus.AsInt32(),
            wire.TerminalReason.AsString(),
            wire.StopReason.AsString(),
            wire.NumTurns.AsInt32() ?? 0,
            Usage(wire.Usage),
            wire.TotalCostUsd.AsDecimal(),
            byModel,
            wire.StructuredOutput.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : wire.StructuredOutput.WithoutHalves())
        {
            Origin = wire.Origin.Property("kind").AsString(),
            SessionId = wire.SessionId,
        };
    }

    private static CliUsage Usage(JsonElement usage) => new(
        usage.Property("input_tokens").AsInt64(),
        usage.Property("output_tokens").AsInt64(),
        usage.Property("cache_read_input_tokens").AsInt64(),
        usage.Property("cache_creation_input_tokens").AsInt64());

    private static bool IsSubagent(WireLine wire) => wire.ParentToolUseId.ValueKind == JsonValueKind.String;
}
