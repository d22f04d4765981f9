using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.Anthropic;

/// <summary><c>POST /v1/messages</c>.</summary>
internal static class MessagesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/messages", CreateAsync)
        .DescribeCall("Anthropic", "CreateMessage", "Answers a conversation, as the Anthropic API does.",
            "Streaming and not. Images come as base64. What the CLI cannot honour is refused by name.");

    private static async Task CreateAsync(HttpContext http, CompatibleTurns turns, IOptions<RelayOptions> relay, TimeProvider time)
    {
        using var body = await CompatibleCall.ReadAsync(http);
        var request = MessagesRequest.Read(body.RootElement, relay.Value.IgnoreSampling);
        await CompatibleCall.RunAsync(http, turns, request, new MessagesAnswer(request), relay.Value, time);
    }
}

/// <summary>A turn in the words of a message. One instance a call.</summary>
internal sealed class MessagesAnswer(CompatibleRequest request) : ICompatibleAnswer
{
    private static readonly AnthropicTextBlock s_emptyText = new("text", "");

    private readonly string _id = "msg_" + Guid.NewGuid().ToString("N");

    public string Ping => Event("ping", new BareEvent("ping"), AnthropicJson.Default.BareEvent);

    // The tokens are known only at the end, where the last event says them all.
    public string Start() =>
        Event("message_start", new MessageStart("message_start", Message(request.Model, [], null, TurnUsage.None)), AnthropicJson.Default.MessageStart)
        + Event("content_block_start", new BlockStart("content_block_start", 0, s_emptyText), AnthropicJson.Default.BlockStart);

    public string Text(string text) =>
        Event("content_block_delta", new BlockDelta("content_block_delta", 0, new AnthropicTextBlock("text_delta", text)), AnthropicJson.Default.BlockDelta);

    public string End(TurnCompleted completed) =>
        Event("content_block_stop", new BlockStop("content_block_stop", 0), AnthropicJson.Default.BlockStop)
        + Event(
            "message_delta",
            new MessageDelta("message_delta", new MessageDeltaBody(StopReason(completed), null), AnthropicUsage.Of(completed.Usage)),
            AnthropicJson.Default.MessageDelta)
        + Event("message_stop", new BareEvent("message_stop"), AnthropicJson.Default.BareEvent);

    public string Fault(TurnProblem problem) =>
        Event("error", AnthropicErrors.From(problem.Status, problem.Detail), AnthropicJson.Default.AnthropicErrorBody);

    public Task WriteWholeAsync(HttpContext http, TurnCompleted completed) => http.Response.WriteAsJsonAsync(
        Message(completed.Model, [new AnthropicTextBlock("text", completed.Text)], StopReason(completed), completed.Usage),
        AnthropicJson.Default.AnthropicMessage);

    private static string StopReason(TurnCompleted completed) => completed.StopReason ?? "end_turn";

    private static string Event<T>(string name, T data, JsonTypeInfo<T> type) => $"event: {name}\ndata: {JsonSerializer.Serialize(data, type)}\n\n";

    private AnthropicMessage Message(string model, AnthropicTextBlock[] content, string? stopReason, TurnUsage usage) =>
        new(_id, "message", "assistant", model, content, stopReason, null, AnthropicUsage.Of(usage));
}
