using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.EndToEnd.Tests.Responses;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>What the model thinks: told to who asks for it, and kept by clients of which nothing is kept here.</summary>
public sealed class ThinkingTests : EndToEndTest
{
    private const string Direct = "--Pilotlight:Wire:Direct=Auto";
    private const string Wire = "--Pilotlight:Wire:Direct=Never";
    private const string CliAlone = "--Pilotlight:Wire:Enabled=false";
    private static readonly object[] s_hello = [new { role = "user", content = "hello" }];

    [Theory]
    [InlineData(Direct)]
    [InlineData(Wire)]
    [InlineData(CliAlone)]
    public async Task What_is_thought_is_told_to_who_asked_for_it(string route)
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, route);
        var (gateway, simulator) = reused;
        simulator.When(_ => true, Scenario.Thinking("I think hard.", "Yes."));

        var chat = await PostAsync(gateway, "/v1/chat/completions", new { model = "sonnet", messages = s_hello, reasoning_effort = "low" });
        var silent = await PostAsync(gateway, "/v1/chat/completions", new { model = "sonnet", messages = s_hello });
        var streamed = await PostAsync(gateway, "/v1/chat/completions", new { model = "sonnet", messages = s_hello, reasoning_effort = "low", stream = true });
        var message = JsonElement.Parse(await PostAsync(gateway, "/v1/messages", new { model = "sonnet", max_tokens = 60, messages = s_hello, thinking = new { type = "adaptive", display = "summarized" } }));
        var response = JsonElement.Parse(await PostAsync(gateway, "/v1/responses", new { model = "sonnet", input = "hello", store = false, reasoning = new { effort = "low", summary = "auto" } }));

        var answer = JsonElement.Parse(chat).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(("I think hard.", "Yes."), (answer.GetProperty("reasoning_content").GetString(), answer.GetProperty("content").GetString()));
        Assert.DoesNotContain("reasoning_content", silent, StringComparison.Ordinal);
        Assert.Equal("I think hard.", string.Concat(Events(streamed).SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
            .Select(choice => choice.GetProperty("delta").TryGetProperty("reasoning_content", out var more) ? more.GetString() : "")));
        Assert.Equal(("thinking", "I think hard."), (message.GetProperty("content")[0].GetProperty("type").GetString(), message.GetProperty("content")[0].GetProperty("thinking").GetString()));
        Assert.Equal("Yes.", message.GetProperty("content")[1].GetProperty("text").GetString());
        var reasoning = response.GetProperty("output")[0];
        Assert.Equal(("reasoning", "I think hard."), (reasoning.GetProperty("type").GetString(), reasoning.GetProperty("summary")[0].GetProperty("text").GetString()));
        Assert.Equal("Yes.", ResponseClient.TextOf(response));
    }

    [Theory]
    [InlineData(Wire)]
    [InlineData(CliAlone)]
    public async Task Anthropics_stream_tells_thinking_in_a_block_of_its_own(string route)
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, route);
        var (gateway, simulator) = reused;
        simulator.Enqueue(Scenario.Thinking("I think hard.", "Yes."));

        var events = Events(await PostAsync(gateway, "/v1/messages", new { model = "sonnet", max_tokens = 60, messages = s_hello, stream = true, thinking = new { type = "adaptive", display = "summarized" } }));

        Assert.Equal(
            ["0 thinking", "1 text"],
            events.Where(told => told.GetProperty("type").GetString() == "content_block_start").Select(told => $"{told.GetProperty("index")} {told.GetProperty("content_block").GetProperty("type").GetString()}"));
        Assert.Equal("I think hard.", string.Concat(events.Where(told => told.GetProperty("type").GetString() == "content_block_delta")
            .Select(told => told.GetProperty("delta").TryGetProperty("thinking", out var more) ? more.GetString() : "")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_thought_goes_on_with_a_client_that_keeps_it(bool isStreamed)
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, Direct);
        var (gateway, simulator) = reused;
        simulator.Enqueue(new Scenario { ThinkingText = "I look it up.", Text = "", Tool = new ToolCall("weather", """{"city":"Oslo"}""") }, Scenario.Answer("Rain."));

        var first = await AskAsync(gateway, isStreamed, new JsonObject { ["role"] = "user", ["content"] = "How is it?" });
        var said = first.GetProperty("output").EnumerateArray().ToArray();
        var second = await AskAsync(
            gateway,
            isStreamed,
            [
                new JsonObject { ["role"] = "user", ["content"] = "How is it?" },
                new JsonObject { ["type"] = "reasoning", ["id"] = "rs_other", ["summary"] = new JsonArray(), ["encrypted_content"] = "gAAAAA-of-another-provider" },
                .. said.Select(item => JsonNode.Parse(item.GetRawText())!),
                new JsonObject { ["type"] = "function_call_output", ["call_id"] = said[^1].GetProperty("call_id").GetString(), ["output"] = "rain" },
            ]);

        Assert.Equal(["reasoning", "function_call"], said.Select(item => item.GetProperty("type").GetString()));
        Assert.NotEmpty(said[0].GetProperty("encrypted_content").GetString()!);
        Assert.Equal("Rain.", ResponseClient.TextOf(second));
        Assert.Equal("adaptive", simulator.MessageRequests[0].Body.GetProperty("thinking").GetProperty("type").GetString());
        var told = simulator.MessageRequests[^1].Messages[1].Content.EnumerateArray().ToArray();
        Assert.Equal(["thinking", "tool_use"], told.Select(block => block.GetProperty("type").GetString()));
        Assert.Equal(("I look it up.", "simulated"), (told[0].GetProperty("thinking").GetString(), told[0].GetProperty("signature").GetString()));
    }

    [Fact]
    public async Task Through_the_cli_a_client_that_would_keep_it_is_told_that_it_cannot()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, Wire);
        var (gateway, simulator) = reused;
        simulator.Enqueue(Scenario.Thinking("I think hard.", "Yes."));

        using var response = await gateway.Http.PostAsJsonAsync("/v1/responses", Request(false, new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "hello" })), Token);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal("include: reasoning.encrypted_content", response.Headers.GetValues("x-pilotlight-ignored").Single());
        Assert.Equal("reasoning", answer.GetProperty("output")[0].GetProperty("type").GetString());
        Assert.False(answer.GetProperty("output")[0].TryGetProperty("encrypted_content", out _));
    }

    private async Task<JsonElement> AskAsync(GatewayProcess gateway, bool isStreamed, params JsonNode[] input)
    {
        var told = await PostAsync(gateway, "/v1/responses", Request(isStreamed, new JsonArray(input)));
        return isStreamed ? Events(told)[^1].GetProperty("response") : JsonElement.Parse(told);
    }

    private static JsonObject Request(bool isStreamed, JsonArray input) => new()
    {
        ["model"] = "sonnet",
        ["input"] = input,
        ["store"] = false,
        ["stream"] = isStreamed,
        ["include"] = new JsonArray("reasoning.encrypted_content"),
        ["reasoning"] = new JsonObject { ["effort"] = "low", ["summary"] = "auto" },
        ["tools"] = JsonNode.Parse("""[{"type":"function","name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}]"""),
    };

    private async Task<string> PostAsync(GatewayProcess gateway, string path, object call)
    {
        using var response = await gateway.Http.PostAsJsonAsync(path, call, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    private static JsonElement[] Events(string stream) =>
        [.. stream.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonElement.Parse(line[6..]))];
}
