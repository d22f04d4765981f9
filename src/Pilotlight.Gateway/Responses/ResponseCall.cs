using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Responses;

/// <summary>A request of the Responses API: how it is answered, kept and told. What it says is read apart, once it is known what it goes on from.</summary>
internal sealed record ResponseCall
{
    public required string Model { get; init; }
    public string? Instructions { get; init; }
    public string? PreviousId { get; init; }
    public string? Conversation { get; init; }
    public bool Store { get; init; }
    public bool Background { get; init; }
    public bool Stream { get; init; }
    public required CallSettings Settings { get; init; }

    /// <summary>What the response tells of its request again.</summary>
    public required JsonElement Echo { get; init; }

    public static ResponseCall Read(JsonElement body)
    {
        var store = body.Get("store") is not { ValueKind: JsonValueKind.False };
        var call = new ResponseCall
        {
            Model = body.Text("model", "model"),
            Instructions = body.TextOrNull("instructions", "instructions") is { Length: > 0 } instructions ? instructions : null,
            PreviousId = body.TextOrNull("previous_response_id", "previous_response_id"),
            Conversation = ConversationOf(body),
            Store = store,
            Background = body.Flag("background", "background"),
            Stream = body.Flag("stream", "stream"),
            Settings = ResponseSettings.Read(body),
            Echo = EchoOf(body, store),
        };
        return call switch
        {
            { PreviousId: not null, Conversation: not null } => throw Fault("conversation", "conversation and previous_response_id both say what this goes on from. Send one of them."),
            { Background: true, Store: false } => throw Fault("background", "background needs store: what is not kept cannot be asked for later. Leave out store, or background."),
            { Conversation: not null, Store: false } => throw Fault("store", "store is false, and a conversation keeps what is said in it. Leave out store, or conversation."),
            _ => call,
        };
    }

    /// <summary>The call with all that was said, in the terms of the compatible APIs.</summary>
    public CompatibleRequest With(JsonElement body, ResponseInput input, IReadOnlyList<CompatibleMessage> before)
    {
        var said = CallHistory.Of([.. before, .. input.Messages]);
        return new CompatibleRequest
        {
            Api = "openai",
            Model = Model,
            SystemPrompt = input.System is { } system && Instructions is { } instructions ? $"{instructions}\n\n{system}" : Instructions ?? input.System,
            History = said.History,
            Content = said.Content,
            Tools = CallerTools.Offered(ResponseTools.Read(body), Settings.ToolChoice),
            OutputSchema = ResponseTools.Schema(body),
            Stream = Stream,
            Settings = Settings with { SystemNotes = input.Notes, Prefill = said.Prefill },
        };
    }

    /// <summary>What a turn of a thread is asked.</summary>
    /// <param name="request">The call with all that was said.</param>
    /// <param name="told">What of its history the thread does not hold.</param>
    /// <param name="way">The way that it takes.</param>
    public Prompt ToPrompt(CompatibleRequest request, IEnumerable<CompatibleMessage> told, CallRoute way) => new()
    {
        Api = request.Api,
        Content = request.Content,
        Told = [.. told.Select(message => new HistoryMessage(message.Role, message.Text)
        {
            Content = message.Role == HistoryRole.User && message.Content is not [UserText] ? message.Content : null,
            Calls = message.Calls.Count > 0 ? message.Calls : null,
        })],
        Functions = request.Tools,
        OutputSchema = request.OutputSchema,
        Effort = Settings.Effort,
        ThinkingSummaries = Settings.ThinkingSummaries,
        Model = request.Model,
        Instructions = Instructions,

        // Where the API itself stops at the caller's limit, nothing is cut here.
        MaxTokens = way == CallRoute.Wire ? null : request.MaxTokens,
        Parameters = way == CallRoute.Wire ? WireParameters.Of(request) : null,
        IsUnattended = Background,
        Echo = Echo,
    };

    private static string? ConversationOf(JsonElement body) => body.Get("conversation") switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } id => id.GetString(),
        { ValueKind: JsonValueKind.Object } given => given.Text("id", "conversation.id"),
        { } other => throw Fault("conversation", $"conversation is {Kind(other)}; it must be a thread's id, or an object with it."),
    };

    private static JsonElement EchoOf(JsonElement body, bool store)
    {
        var echo = new JsonObject
        {
            ["background"] = body.Flag("background", "background"),
            ["conversation"] = ConversationOf(body) is { } id ? new JsonObject { ["id"] = id } : null,
            ["instructions"] = Copy("instructions"),
            ["max_output_tokens"] = Copy("max_output_tokens"),
            ["metadata"] = Copy("metadata") ?? new JsonObject(),
            ["parallel_tool_calls"] = Copy("parallel_tool_calls") ?? true,
            ["previous_response_id"] = Copy("previous_response_id"),
            ["reasoning"] = new JsonObject { ["effort"] = Inner("reasoning", "effort"), ["summary"] = Inner("reasoning", "summary") },
            ["service_tier"] = "default",
            ["store"] = store,
            ["temperature"] = Copy("temperature") ?? 1,
            ["text"] = new JsonObject { ["format"] = Inner("text", "format") ?? new JsonObject { ["type"] = "text" }, ["verbosity"] = Inner("text", "verbosity") ?? "medium" },
            ["tool_choice"] = Copy("tool_choice") ?? "auto",
            ["tools"] = Copy("tools") ?? new JsonArray(),
            ["top_p"] = Copy("top_p") ?? 1,
            ["truncation"] = Copy("truncation") ?? "disabled",
            ["user"] = Copy("user"),
        };
        return JsonElement.Parse(echo.ToJsonString());

        JsonNode? Copy(string name) => body.Get(name) is { } value ? JsonNode.Parse(value.GetRawText()) : null;

        JsonNode? Inner(string outer, string name) => body.Inner(outer)?.Get(name) is { } value ? JsonNode.Parse(value.GetRawText()) : null;
    }
}
