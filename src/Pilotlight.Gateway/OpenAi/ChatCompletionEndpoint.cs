using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Direct;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal static class ChatCompletionEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/chat/completions", CompleteAsync)
        .DescribeCall("OpenAI", "CreateChatCompletion", "Answers a conversation, as the OpenAI API does.",
            "Streaming and not. Images come as data URLs. Functions are the caller's to run; an answer may be held to a JSON schema. What only tunes and cannot be honoured is left aside and named in x-pilotlight-ignored.");

    private static async Task CompleteAsync(
        HttpContext http,
        CompatibleTurns turns,
        DirectTurns direct,
        DirectRoute route,
        IOptions<StreamOptions> streams,
        IOptions<CompatibleOptions> options,
        TimeProvider time)
    {
        using var body = await JsonBody.ReadAsync(http);
        var request = ChatCompletionRequest.Read(body.Root);
        var way = route.Of(request.Model);
        request = request.Settle(way, options.Value);
        var answer = new ChatCompletionAnswer(request, time.GetUtcNow());
        ICallTurn turn = way == CallRoute.Direct ? await direct.BeginAsync(http, request) : await turns.BeginAsync(http, request, body.Bytes);
        await CompatibleCall.RunAsync(http, turn, request, answer, streams.Value, options.Value.KeepAlive, time);
    }
}

/// <summary>A turn in the words of a chat completion. One instance a call.</summary>
internal sealed class ChatCompletionAnswer(CompatibleRequest request, DateTimeOffset at) : ICompatibleAnswer
{
    private readonly string _id = "chatcmpl-" + Guid.NewGuid().ToString("N");
    private readonly long _created = at.ToUnixTimeSeconds();
    private int _calls;

    public string Ping => ": ping\n\n";

    public string Start() => Chunk(request.Model, new ChatCompletionDelta("assistant", ""), null);

    public string Text(string text) => Chunk(request.Model, new ChatCompletionDelta(Content: text), null);

    // OpenAI's own API never tells; this is the name that others gave it, and that clients look for.
    public string Thinking(ThinkingDelta delta) =>
        request.ShowsThinking && delta.Text.Length > 0 ? Chunk(request.Model, new ChatCompletionDelta(ReasoningContent: delta.Text), null) : "";

    public string Call(ToolStarted call) =>
        Chunk(request.Model, new ChatCompletionDelta(ToolCalls: [ToolCall(call) with { Index = _calls++ }]), null);

    public string End(TurnCompleted completed) =>
        Chunk(completed.Model, new ChatCompletionDelta(), FinishReason(completed.StopReason))
        + (request.IncludeUsage ? Data(new ChatCompletionChunk(_id, "chat.completion.chunk", _created, completed.Model, [], ChatCompletionUsage.Of(completed.Usage))) : "")
        + "data: [DONE]\n\n";

    // No finish reason and no [DONE]: an answer that broke off is not told as one that ended.
    public string Fault(Problem problem) =>
        $"data: {JsonSerializer.Serialize(OpenAiErrors.From(problem), OpenAiJson.Default.OpenAiErrorBody)}\n\n";

    public string WholeFault(Problem problem) => JsonSerializer.Serialize(OpenAiErrors.From(problem), OpenAiJson.Default.OpenAiErrorBody);

    public Task WriteWholeAsync(HttpContext http, TurnCompleted completed, IReadOnlyList<ThinkingDelta> thinking, IReadOnlyList<ToolStarted> calls) => WholeAnswer.WriteAsync(
        http,
        new ChatCompletion(
            _id, "chat.completion", _created, completed.Model,
            [new ChatCompletionChoice(0, Message(completed.Text, calls) with { ReasoningContent = Thought(thinking) }, null, FinishReason(completed.StopReason))],
            ChatCompletionUsage.Of(completed.Usage)),
        OpenAiJson.Default.ChatCompletion);

    private string? Thought(IReadOnlyList<ThinkingDelta> thinking) =>
        request.ShowsThinking && string.Concat(thinking.Select(delta => delta.Text)) is { Length: > 0 } text ? text : null;

    private static ChatCompletionMessage Message(string text, IReadOnlyList<ToolStarted> calls) => calls.Count == 0
        ? new ChatCompletionMessage("assistant", text, null)
        : new ChatCompletionMessage("assistant", text.Length > 0 ? text : null, [.. calls.Select(ToolCall)]);

    private static ChatToolCall ToolCall(ToolStarted call) => new(null, call.ToolUseId, "function", new ChatFunctionCall(call.Name, call.Input.GetRawText()));

    private static string FinishReason(string? stopReason) => stopReason switch
    {
        "max_tokens" or "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    };

    private string Chunk(string model, ChatCompletionDelta delta, string? finishReason) =>
        Data(new ChatCompletionChunk(_id, "chat.completion.chunk", _created, model, [new ChatCompletionChunkChoice(0, delta, finishReason)], null));

    private static string Data(ChatCompletionChunk chunk) => $"data: {JsonSerializer.Serialize(chunk, OpenAiJson.Default.ChatCompletionChunk)}\n\n";
}
