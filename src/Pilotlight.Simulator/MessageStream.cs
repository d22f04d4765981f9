using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Pilotlight.Simulator;

/// <summary>Writes one answer the way the Messages API does, event by event or whole.</summary>
internal sealed class MessageStream(HttpContext http, RecordedRequest request, Scenario scenario, SimulatorOptions options, UsageLog told)
{
    private readonly string _id = "msg_sim_" + Guid.NewGuid().ToString("N");
    private readonly double _rate = scenario.TokensPerSecond ?? options.TokensPerSecond;
    private readonly (string Text, string? StopReason, string? StopSequence) _answer =
        OutputLimit.Apply(request.Body, scenario.Text ?? DefaultAnswer(request), Tokens);
    private int _outputTokens;
    private int _blocks;

    // An answer that the request itself ended comes to no tool.
    private IEnumerable<ToolCall> Tools => _answer.StopReason is not null ? [] : scenario.Tool is { } first ? scenario.MoreTools.Prepend(first) : scenario.MoreTools;

    private string Text => _answer.Text;

    private string StopReason => scenario.StopReason ?? _answer.StopReason ?? (scenario.Tool is null ? "end_turn" : "tool_use");

    /// <summary>The answer as one JSON document.</summary>
    public async Task WriteWholeAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(scenario.FirstTokenDelay ?? options.FirstTokenDelay, cancellationToken);
        var content = new JsonArray();
        if (scenario.ThinkingText is { } thinking)
        {
            content.Add(new JsonObject { ["type"] = "thinking", ["thinking"] = thinking, ["signature"] = "simulated" });
        }

        if (Text.Length > 0)
        {
            content.Add(new JsonObject { ["type"] = "text", ["text"] = Text });
        }

        foreach (var tool in Tools)
        {
            content.Add(ToolBlock(tool, JsonNode.Parse(tool.Input.GetRawText())));
        }

        var message = Message(content, StopReason);
        var output = Tokens(Text).Count + Tokens(scenario.ThinkingText ?? "").Count;
        message["usage"]!["output_tokens"] = output;
        message["stop_sequence"] = _answer.StopSequence;
        await told.MayTellAsync(cancellationToken);
        told.Add(Told(output, isWhole: true));
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(message.ToJsonString(), cancellationToken);
    }

    /// <summary>The answer as server-sent events.</summary>
    public async Task WriteEventsAsync(CancellationToken cancellationToken)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        await http.Response.StartAsync(cancellationToken);
        await Task.Delay(scenario.FirstTokenDelay ?? options.FirstTokenDelay, cancellationToken);
        await told.MayTellAsync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested(); // Who has left is told nothing more.
        var entry = told.Add(Told(1, isWhole: false));
        await EventAsync("message_start", new JsonObject { ["message"] = Message([], null) }, cancellationToken);
        await EventAsync("ping", [], cancellationToken);
        if (scenario.ThinkingText is { } thinking)
        {
            await BlockAsync(
                new JsonObject { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
                Tokens(thinking).Select(token => new JsonObject { ["type"] = "thinking_delta", ["thinking"] = token })
                    .Append(new JsonObject { ["type"] = "signature_delta", ["signature"] = "simulated" }),
                cancellationToken);
        }

        if (Text.Length > 0 || scenario.Tool is null)
        {
            await BlockAsync(
                new JsonObject { ["type"] = "text", ["text"] = "" },
                Tokens(Text).Select(token => new JsonObject { ["type"] = "text_delta", ["text"] = token }),
                cancellationToken);
        }

        foreach (var tool in Tools)
        {
            await BlockAsync(
                ToolBlock(tool, new JsonObject()),
                [new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = tool.Input.GetRawText() }],
                cancellationToken);
        }

        await told.MayTellAsync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        told.Replace(entry, Told(_outputTokens, isWhole: true));
        await EventAsync(
            "message_delta",
            new JsonObject
            {
                ["delta"] = new JsonObject { ["stop_reason"] = StopReason, ["stop_sequence"] = _answer.StopSequence },
                ["usage"] = new JsonObject { ["output_tokens"] = _outputTokens },
            },
            cancellationToken);
        await EventAsync("message_stop", [], cancellationToken);
    }

    /// <summary>A rough count, four characters a token, as good as any for a model that is none.</summary>
    public static int CountTokens(RecordedRequest request) => Math.Max(
        1,
        (request.SystemPrompt.Length + request.AllMessages.Sum(message => message.Text.Length)
            + (request.Body.TryGetProperty("tools", out var tools) ? tools.GetRawText().Length : 0)) / 4);

    private async Task BlockAsync(JsonObject block, IEnumerable<JsonObject> deltas, CancellationToken cancellationToken)
    {
        var index = _blocks++;
        await EventAsync("content_block_start", new JsonObject { ["index"] = index, ["content_block"] = block }, cancellationToken);
        foreach (var delta in deltas)
        {
            if (scenario.CutAfterTokens == _outputTokens)
            {
                // An abort discards what the client has not read yet; give it the time to.
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
                http.Abort();
                throw new OperationCanceledException("The scenario cuts the stream here.");
            }

            if (scenario.StallAfterTokens == _outputTokens)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            if (_rate > 0 && _outputTokens > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(1 / _rate), cancellationToken);
            }

            _outputTokens++;
            await EventAsync("content_block_delta", new JsonObject { ["index"] = index, ["delta"] = delta }, cancellationToken);
        }

        await EventAsync("content_block_stop", new JsonObject { ["index"] = index }, cancellationToken);
    }

    private async Task EventAsync(string type, JsonObject data, CancellationToken cancellationToken)
    {
        data.Insert(0, "type", type);
        await http.Response.WriteAsync($"event: {type}\ndata: {data.ToJsonString()}\n\n", cancellationToken);
        await http.Response.Body.FlushAsync(cancellationToken);
    }

    private JsonObject Message(JsonArray content, string? stopReason) => new()
    {
        ["id"] = _id,
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = request.Model,
        ["content"] = content,
        ["stop_reason"] = stopReason,
        ["stop_sequence"] = null,
        ["usage"] = new JsonObject
        {
            ["input_tokens"] = scenario.InputTokens ?? CountTokens(request),
            ["cache_creation_input_tokens"] = scenario.CacheWriteTokens,
            ["cache_read_input_tokens"] = scenario.CacheReadTokens,
            ["output_tokens"] = 1,
            ["service_tier"] = "standard",
        },
    };

    private ToldUsage Told(int output, bool isWhole) => new(
        request.Model, scenario.InputTokens ?? CountTokens(request), scenario.CacheReadTokens, scenario.CacheWriteTokens, output, isWhole);

    private static JsonObject ToolBlock(ToolCall tool, JsonNode? input) => new()
    {
        ["type"] = "tool_use",
        ["id"] = "toolu_sim_" + Guid.NewGuid().ToString("N"),
        ["name"] = tool.Name,
        ["input"] = input,
    };

    private static string DefaultAnswer(RecordedRequest request)
    {
        if (request.BringsToolResult)
        {
            return "The tool has answered, and with that this simulated model is done.";
        }

        var question = request.LastUserText.ReplaceLineEndings(" ").Trim();
        var quoted = question.Length > 60 ? question[..60].TrimEnd() + "…" : question;
        return $"This is the simulated model. You said: “{quoted}”. A real one would have more to say.";
    }

    // Each word with the space after it, as models tend to stream.
    private static List<string> Tokens(string text)
    {
        var tokens = new List<string>();
        var start = 0;
        for (var i = 1; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i - 1] == ' ' && text[i] != ' '))
            {
                tokens.Add(text[start..i]);
                start = i;
            }
        }

        return tokens;
    }
}
