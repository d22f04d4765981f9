using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.FrontEnds;

/// <summary>A thread's turns in the protocols of front ends.</summary>
public sealed class FrontEndTests : EndToEndTest
{
    [Fact]
    public async Task A_run_of_AG_UI_is_a_turn_of_its_thread()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var thread = await gateway.CreateThreadAsync(Token);
        simulator.Enqueue(Scenario.Answer("Hello there."), Scenario.Answer("Again."));

        var first = await RunAsync(gateway, thread, Run("run1", User("u1", "Hi.")));
        var second = await RunAsync(gateway, thread, Run("run2", User("u1", "Hi."), new JsonObject { ["id"] = "a1", ["role"] = "assistant", ["content"] = "Hello there." }, User("u2", "More.")));
        var replayed = await RunAsync(gateway, thread, Run("run1", User("u1", "Hi.")));

        string[] types = [.. first.Select(Type).Where((type, at) => at == 0 || type != Type(first[at - 1]))];
        Assert.Equal(["RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "RUN_FINISHED"], types);
        Assert.Equal((thread, "run1"), (Text(first[0], "threadId"), Text(first[0], "runId")));
        Assert.Equal("Hello there.", Said(first, "TEXT_MESSAGE_CONTENT"));
        Assert.Equal("success", first[^1].GetProperty("outcome").GetProperty("type").GetString());
        Assert.Equal("Again.", Said(second, "TEXT_MESSAGE_CONTENT"));
        Assert.Equal(["Hi.", "Hello there.", "More."], simulator.MessageRequests[1].Messages.Select(message => message.Text));
        Assert.Equal(first.Select(word => word.GetRawText()), replayed.Select(word => word.GetRawText()));
        Assert.Equal(2, simulator.MessageRequests.Count);
    }

    [Fact]
    public async Task A_tool_of_an_AG_UI_client_ends_the_run_and_its_result_begins_the_next()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var thread = await gateway.CreateThreadAsync(Token);
        simulator.Enqueue(Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}"""), Scenario.Answer("Rain."));
        var tools = new JsonArray(new JsonObject
        {
            ["name"] = "weather", ["description"] = "How it is.", ["parameters"] = JsonNode.Parse("""{"type":"object","properties":{"city":{"type":"string"}}}"""),
        });

        var ask = Run("run1", User("u1", "How is it?"));
        ask["tools"] = tools.DeepClone();
        var asked = await RunAsync(gateway, thread, ask);
        var id = Text(asked.Single(word => Type(word) == "TOOL_CALL_START"), "toolCallId");
        var answer = Run("run2", User("u1", "How is it?"),
            JsonNode.Parse($$$"""{"id":"a1","role":"assistant","toolCalls":[{"id":"{{{id}}}","type":"function","function":{"name":"weather","arguments":"{}"}}]}""")!.AsObject(),
            new JsonObject { ["id"] = "t1", ["role"] = "tool", ["toolCallId"] = id, ["content"] = "rain" });
        answer["tools"] = tools.DeepClone();
        var answered = await RunAsync(gateway, thread, answer);

        Assert.Equal("""{"city":"Oslo"}""", Text(asked.Single(word => Type(word) == "TOOL_CALL_ARGS"), "delta"));
        Assert.Equal("weather", Text(asked.Single(word => Type(word) == "TOOL_CALL_START"), "toolCallName"));
        Assert.Equal([id], asked[^1].GetProperty("outcome").GetProperty("pendingToolCallIds").EnumerateArray().Select(pending => pending.GetString()));
        Assert.Equal("Rain.", Said(answered, "TEXT_MESSAGE_CONTENT"));
        Assert.Equal(2, simulator.MessageRequests.Count);
    }

    [Fact]
    public async Task The_AI_SDKs_stream_is_told_resumed_and_made_anew()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var thread = await gateway.CreateThreadAsync(Token);
        simulator.Enqueue(Scenario.Answer("One."), Scenario.Answer("Two."));

        var first = await UiAsync(gateway, thread, Chat("submit-message", "u1", "Hi."));
        var again = await UiAsync(gateway, thread, Chat("regenerate-message", "u1", "Hi."));
        using var idle = await gateway.Http.GetAsync($"/api/threads/{thread}/ui", Token);

        string[] types = [.. first.Words.Select(Type).Where((type, at) => at == 0 || type != Type(first.Words[at - 1]))];
        Assert.Equal(["start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish"], types);
        Assert.Equal("v1", first.Header);
        Assert.Equal("One.", Said(first.Words, "text-delta"));
        Assert.Equal("stop", Text(first.Words[^1], "finishReason"));
        Assert.Equal("Two.", Said(again.Words, "text-delta"));
        Assert.Equal(["Hi."], simulator.MessageRequests[1].Messages.Select(message => message.Text));
        Assert.Equal(HttpStatusCode.NoContent, idle.StatusCode);
        var messages = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray();
        Assert.Equal(["Hi.", "Two."], messages.Select(message => message.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task A_file_of_the_chat_reaches_the_model_and_is_replayed()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Sessions:MaxHot=0");
        var (gateway, simulator) = reused;
        var thread = await gateway.CreateThreadAsync(Token);
        simulator.Enqueue(Scenario.Answer("A pixel."), Scenario.Answer("Yes."));
        var chat = Chat("submit-message", "u1", "What is it?");
        chat["messages"]![0]!["parts"]!.AsArray().Add(JsonNode.Parse(
            """{"type":"file","mediaType":"image/png","filename":"p.png","url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}"""));

        await UiAsync(gateway, thread, chat);
        await UiAsync(gateway, thread, Chat("submit-message", "u2", "Sure?"));

        Assert.Equal(["text", "image"], Types(simulator.MessageRequests[0].Messages[^1].Content));
        Assert.Equal(["text", "image"], Types(simulator.MessageRequests[1].Messages[0].Content));

        static IEnumerable<string?> Types(JsonElement content) => content.EnumerateArray().Select(block => block.GetProperty("type").GetString());
    }

    private static JsonObject Run(string id, params JsonObject[] messages) => new()
    {
        ["threadId"] = "x", ["runId"] = id, ["state"] = new JsonObject(), ["messages"] = new JsonArray([.. messages]), ["tools"] = new JsonArray(), ["context"] = new JsonArray(),
        ["forwardedProps"] = new JsonObject(),
    };

    private static JsonObject User(string id, string text) => new() { ["id"] = id, ["role"] = "user", ["content"] = text };

    private static JsonObject Chat(string trigger, string id, string text) => new()
    {
        ["id"] = "chat", ["trigger"] = trigger,
        ["messages"] = new JsonArray(new JsonObject { ["id"] = id, ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }) }),
    };

    private static string Type(JsonElement word) => Text(word, "type");

    private static string Text(JsonElement word, string name) => word.GetProperty(name).GetString()!;

    private static string Said(IEnumerable<JsonElement> words, string type) => string.Concat(words.Where(word => Type(word) == type).Select(word => Text(word, "delta")));

    private async Task<IReadOnlyList<JsonElement>> RunAsync(GatewayProcess gateway, string thread, JsonObject run) =>
        (await PostAsync(gateway, $"/api/threads/{thread}/agui", run)).Words;

    private Task<(IReadOnlyList<JsonElement> Words, string? Header)> UiAsync(GatewayProcess gateway, string thread, JsonObject chat) =>
        PostAsync(gateway, $"/api/threads/{thread}/ui", chat);

    private async Task<(IReadOnlyList<JsonElement> Words, string? Header)> PostAsync(GatewayProcess gateway, string path, JsonObject body)
    {
        using var response = await gateway.Http.PostAsJsonAsync(path, body, Token);
        Assert.True(response.IsSuccessStatusCode, response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync(Token) + gateway.Output);
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        var words = new List<JsonElement>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(Token))
        {
            if (item.Data != "[DONE]")
            {
                words.Add(JsonElement.Parse(item.Data));
            }
        }

        return (words, response.Headers.TryGetValues("x-vercel-ai-ui-message-stream", out var header) ? header.Single() : null);
    }
}
