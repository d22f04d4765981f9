using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>What the CLI cannot be told, and nothing on the wire sets, as with a sign-in: the gateway itself sees to it as nearly as can be.</summary>
public sealed class CliAloneTests : EndToEndTest
{
    private static readonly object[] s_hello = [new { role = "user", content = "hello" }];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_ends_before_a_stop_sequence_which_is_named(bool isStreamed)
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Wire:Enabled=false");
        var (gateway, simulator) = reused;
        simulator.Enqueue(Scenario.Answer("one two EN three END four five"), Scenario.Answer("one two EN"));

        using var stopped = await SendAsync(gateway, isStreamed);
        var told = await stopped.Content.ReadAsStringAsync(Token);
        using var whole = await SendAsync(gateway, isStreamed);
        var all = await whole.Content.ReadAsStringAsync(Token);

        Assert.Equal("cli", stopped.Headers.GetValues("x-pilotlight-route").Single());
        Assert.False(stopped.Headers.Contains("x-pilotlight-ignored"));
        Assert.Equal("one two EN three ", TextOf(told, isStreamed));
        Assert.Contains("\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"END\"", told, StringComparison.Ordinal);
        Assert.Equal("one two EN", TextOf(all, isStreamed));
        Assert.Contains("\"stop_reason\":\"end_turn\",\"stop_sequence\":null", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAIs_stop_ends_an_answer_the_same_way()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Wire:Enabled=false");
        var (gateway, simulator) = reused;
        simulator.Enqueue(Scenario.Answer("one two\n\nthree"));

        using var response = await gateway.Http.PostAsJsonAsync("/v1/chat/completions", new { model = "sonnet", messages = s_hello, stop = "\n\n" }, Token);
        var choice = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("choices")[0];

        Assert.Equal(("one two", "stop"), (choice.GetProperty("message").GetProperty("content").GetString(), choice.GetProperty("finish_reason").GetString()));
    }

    [Fact]
    public async Task A_tool_that_must_be_called_is_the_only_one_that_is_offered_and_one_call_at_a_time_is_told()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Wire:Enabled=false");
        var (gateway, simulator) = reused;
        simulator.Enqueue(
            Scenario.ToolUses(new ToolCall("mcp__functions__weather", """{"city":"Oslo"}"""), new ToolCall("mcp__functions__weather", """{"city":"Rome"}""")),
            Scenario.Answer("Rain."));
        object[] tools = [Tool("weather"), Tool("time")];
        var choice = new { type = "tool", name = "weather", disable_parallel_tool_use = true };

        using var asked = await gateway.Http.PostAsJsonAsync("/v1/messages", new { model = "sonnet", max_tokens = 60, messages = s_hello, tools, tool_choice = choice }, Token);
        var content = (await asked.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("content");
        var call = Assert.Single(content.EnumerateArray(), block => block.GetProperty("type").GetString() == "tool_use");
        using var answered = await gateway.Http.PostAsJsonAsync(
            "/v1/messages",
            new
            {
                model = "sonnet",
                max_tokens = 60,
                tools,
                messages = new object[]
                {
                    s_hello[0], new { role = "assistant", content },
                    new { role = "user", content = new[] { new { type = "tool_result", tool_use_id = call.GetProperty("id").GetString(), content = "rain" } } },
                },
            },
            Token);

        Assert.Equal("Oslo", call.GetProperty("input").GetProperty("city").GetString());
        Assert.False(asked.Headers.Contains("x-pilotlight-ignored"));
        Assert.Equal(["mcp__functions__weather"], simulator.MessageRequests[0].Tools);
        Assert.EndsWith("Answer by calling the tool weather.", simulator.MessageRequests[0].LastUserText, StringComparison.Ordinal);
        Assert.Equal("Rain.", (await answered.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(2, simulator.MessageRequests.Count);

        static object Tool(string name) => new { name, input_schema = new { type = "object", properties = new { city = new { type = "string" } } } };
    }

    private static string TextOf(string body, bool isStreamed) => isStreamed
        ? string.Concat(body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => JsonElement.Parse(line[6..]))
            .Where(data => data.GetProperty("type").GetString() == "content_block_delta").Select(data => data.GetProperty("delta").GetProperty("text").GetString()))
        : JsonElement.Parse(body).GetProperty("content")[0].GetProperty("text").GetString()!;

    private Task<HttpResponseMessage> SendAsync(GatewayProcess gateway, bool isStreamed) => gateway.Http.PostAsJsonAsync(
        "/v1/messages", new { model = "sonnet", max_tokens = 60, stop_sequences = new[] { "END" }, messages = s_hello, stream = isStreamed }, Token);
}
