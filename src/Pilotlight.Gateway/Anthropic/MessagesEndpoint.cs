using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Direct;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Anthropic;

/// <summary><c>POST /v1/messages</c>.</summary>
internal static class MessagesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/messages", CreateAsync)
            .DescribeCall("Anthropic", "CreateMessage", "Answers a conversation, as the Anthropic API does.",
                "Streaming and not. Images come as base64. Tools are the caller's to run. What only tunes and cannot be honoured is left aside and named in x-pilotlight-ignored.");
        routes.MapPost("/v1/messages/count_tokens", (Delegate)CountAsync)
            .DescribeCall("Anthropic", "CountTokens", "Estimates how many tokens a message would send.",
                "An estimate, counted here with another tokenizer than the model's; an image counts as 1,600.");
    }

    // What else is wrong with a call that goes to the API, the API says itself.
    private static string? ModelOf(JsonBody body) =>
        body.Root.ValueKind == JsonValueKind.Object && body.Root.Get("model") is { ValueKind: JsonValueKind.String } model ? model.GetString() : null;

    private static async Task CountAsync(HttpContext http, DirectRoute route, PassThrough direct)
    {
        using var body = await JsonBody.ReadAsync(http);
        if (ModelOf(body) is { } model && route.Of(model) == CallRoute.Direct && await direct.TryAskAsync(http, "/v1/messages/count_tokens", body, model))
        {
            return;
        }

        var request = MessagesRequest.Read(body.Root, isCount: true);
        var tokens = request.Texts().Where(text => text.Length > 0).Sum(ContextLimits.Count) + request.ImageTokens();
        await http.Response.WriteAsJsonAsync(new TokenCount(tokens), AnthropicJson.Default.TokenCount);
    }

    private static async Task CreateAsync(
        HttpContext http,
        CompatibleTurns turns,
        DirectRoute route,
        PassThrough direct,
        IOptions<StreamOptions> streams,
        IOptions<CompatibleOptions> options,
        TimeProvider time)
    {
        using var body = await JsonBody.ReadAsync(http);
        if (ModelOf(body) is { } model && route.Of(model) == CallRoute.Direct)
        {
            await direct.RunAsync(http, "/v1/messages" + http.Request.QueryString, body, model);
            return;
        }

        var request = MessagesRequest.Read(body.Root);
        request = request.Settle(route.Of(request.Model), options.Value);
        await CompatibleCall.RunAsync(http, await turns.BeginAsync(http, request, body.Bytes), request, new MessagesAnswer(request), streams.Value, options.Value.KeepAlive, time);
    }
}

/// <summary>A turn in the words of a message. One instance a call.</summary>
internal sealed class MessagesAnswer(CompatibleRequest request) : ICompatibleAnswer
{
    private static readonly AnthropicBlock s_emptyText = new("text", "");
    private static readonly AnthropicBlock s_emptyThinking = new("thinking", Thinking: "", Signature: "");
    private static readonly JsonElement s_emptyInput = JsonElement.Parse("{}");

    private readonly string _id = "msg_" + Guid.NewGuid().ToString("N");
    private int _blocks;
    private string? _open;

    public string Ping => Event("ping", new BareEvent("ping"), AnthropicJson.Default.BareEvent);

    // The tokens are known only at the end, where the last event says them all.
    public string Start() =>
        Event("message_start", new MessageStart("message_start", Message(request.Model, [], null, TurnUsage.None)), AnthropicJson.Default.MessageStart);

    public string Text(string text) => Open(s_emptyText) + More(new AnthropicBlock("text_delta", text));

    public string Thinking(ThinkingDelta delta) =>
        IsTold(delta) ? Open(s_emptyThinking) + More(new AnthropicBlock("thinking_delta", Thinking: delta.Text)) : "";

    public string Call(ToolStarted call) =>
        Close()
        + Begin(new AnthropicBlock("tool_use", Id: call.ToolUseId, Name: call.Name, Input: s_emptyInput))
        + More(new AnthropicBlock("input_json_delta", PartialJson: call.Input.GetRawText()))
        + Stop();

    public string End(TurnCompleted completed) =>
        (_blocks == 0 ? Begin(s_emptyText) + Stop() : Close())
        + Event(
            "message_delta",
            new MessageDelta("message_delta", new MessageDeltaBody(StopReason(completed), completed.StopSequence), AnthropicUsage.Of(completed.Usage)),
            AnthropicJson.Default.MessageDelta)
        + Event("message_stop", new BareEvent("message_stop"), AnthropicJson.Default.BareEvent);

    public string Fault(Problem problem) =>
        Event("error", AnthropicErrors.From(problem), AnthropicJson.Default.AnthropicErrorBody);

    public string WholeFault(Problem problem) => JsonSerializer.Serialize(AnthropicErrors.From(problem), AnthropicJson.Default.AnthropicErrorBody);

    public Task WriteWholeAsync(HttpContext http, TurnCompleted completed, IReadOnlyList<ThinkingDelta> thinking, IReadOnlyList<ToolStarted> calls) => WholeAnswer.WriteAsync(
        http,
        Message(
            completed.Model,
            [
                .. string.Concat(thinking.Where(IsTold).Select(delta => delta.Text)) is { Length: > 0 } thought ? [s_emptyThinking with { Thinking = thought }] : Array.Empty<AnthropicBlock>(),
                .. completed.Text.Length > 0 || calls.Count == 0 ? [new AnthropicBlock("text", completed.Text)] : Array.Empty<AnthropicBlock>(),
                .. calls.Select(call => new AnthropicBlock("tool_use", Id: call.ToolUseId, Name: call.Name, Input: call.Input)),
            ],
            StopReason(completed),
            completed.Usage,
            completed.StopSequence),
        AnthropicJson.Default.AnthropicMessage);

    private string Begin(AnthropicBlock block) =>
        Event("content_block_start", new BlockStart("content_block_start", _blocks++, block), AnthropicJson.Default.BlockStart);

    private string More(AnthropicBlock delta) =>
        Event("content_block_delta", new BlockDelta("content_block_delta", _blocks - 1, delta), AnthropicJson.Default.BlockDelta);

    private string Stop() => Event("content_block_stop", new BlockStop("content_block_stop", _blocks - 1), AnthropicJson.Default.BlockStop);

    // A process keeps the API's signature of what was thought for itself: it is told without one, and not told to the model again.
    private bool IsTold(ThinkingDelta delta) => request is { Settings.Thinking: not null, ShowsThinking: true } && delta.Text.Length > 0;

    private string Open(AnthropicBlock block)
    {
        if (_open == block.Type)
        {
            return "";
        }

        var end = Close();
        _open = block.Type;
        return end + Begin(block);
    }

    private string Close()
    {
        var end = _open is null ? "" : Stop();
        _open = null;
        return end;
    }

    private static string StopReason(TurnCompleted completed) => completed.StopReason ?? "end_turn";

    private static string Event<T>(string name, T data, JsonTypeInfo<T> type) => $"event: {name}\ndata: {JsonSerializer.Serialize(data, type)}\n\n";

    private AnthropicMessage Message(string model, AnthropicBlock[] content, string? stopReason, TurnUsage usage, string? stopSequence = null) =>
        new(_id, "message", "assistant", model, content, stopReason, stopSequence, AnthropicUsage.Of(usage));
}
