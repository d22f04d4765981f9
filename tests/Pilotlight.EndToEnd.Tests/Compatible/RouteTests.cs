using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>A call that needs nothing of the CLI goes to the API without a process; what the CLI cannot be told is set on the wire.</summary>
public sealed class RouteTests : EndToEndTest
{
    private const string Key = GatewayProcess.SimulatedKey;
    private static readonly object[] s_hello = [new { role = "user", content = "hello" }];

    [Fact]
    public async Task An_anthropic_call_passes_as_it_is_and_is_booked()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Wire:Direct=Auto");
        simulator.Enqueue(new Scenario { Text = "hi there", InputTokens = 12 });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages?beta=true");
        request.Headers.Add("anthropic-beta", "made-up-2026-11-26");
        request.Content = JsonContent.Create(new { model = "claude-sonnet-5-5", max_tokens = 50, messages = s_hello, made_up = new { deep = 1.0 }, stream = true });

        using var response = await gateway.Http.SendAsync(request, Token);
        var told = await response.Content.ReadAsStringAsync(Token);

        Assert.Equal(("direct", "none"), (Header(response, "x-pilotlight-route"), Header(response, "x-pilotlight-acquire")));
        Assert.Equal("anthropic", Header(response, "x-pilotlight-upstream"));
        Assert.Contains("event: message_stop", told, StringComparison.Ordinal);
        var seen = Assert.Single(simulator.MessageRequests);
        Assert.Equal(1, seen.Body.GetProperty("made_up").GetProperty("deep").GetDouble());
        Assert.Equal("made-up-2026-11-26", seen.Headers["anthropic-beta"]);
        Assert.Equal(Key, seen.Headers["x-api-key"]);
        var usage = await BookedAsync(gateway, turns: 1);
        Assert.Equal(12, usage.GetProperty("inputTokens").GetInt64());
    }

    [Fact]
    public async Task An_openai_call_is_translated_both_ways_with_all_it_asks_for()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Wire:Direct=Auto");
        simulator.Enqueue(Scenario.ToolUse("weather", """{"city":"Bern"}"""));

        using var response = await gateway.Http.PostAsJsonAsync("/v1/chat/completions", new
        {
            model = "sonnet",
            messages = new object[] { new { role = "system", content = "Be brief." }, new { role = "user", content = "hello" } },
            temperature = 0.2,
            stop = new[] { "END" },
            max_tokens = 77,
            tools = new[] { new { type = "function", function = new { name = "weather", parameters = new { type = "object", properties = new { } } } } },
            tool_choice = new { type = "function", function = new { name = "weather" } },
        }, Token);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal("direct", Header(response, "x-pilotlight-route"));
        Assert.False(response.Headers.Contains("x-pilotlight-ignored"));
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("weather", choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString());
        var body = Assert.Single(simulator.MessageRequests).Body;
        Assert.Equal(0.2, body.GetProperty("temperature").GetDouble());
        Assert.Equal("END", body.GetProperty("stop_sequences")[0].GetString());
        Assert.Equal(77, body.GetProperty("max_tokens").GetInt32());
        Assert.Equal("weather", body.GetProperty("tool_choice").GetProperty("name").GetString());
        Assert.StartsWith("claude-sonnet", body.GetProperty("model").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_direct_call_that_is_cut_is_booked_with_what_the_api_had_told()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Wire:Direct=Auto");
        simulator.Enqueue(Scenario.Words(20) with { InputTokens = 12, StallAfterTokens = 3 });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = JsonContent.Create(new { model = "claude-sonnet-5-5", max_tokens = 50, messages = s_hello, stream = true }),
        };

        using (var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token))
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
            while (await lines.ReadLineAsync(Token) is { } line && !line.Contains("text_delta", StringComparison.Ordinal))
            {
            }
        }

        Assert.Equal(12, (await BookedAsync(gateway, turns: 1)).GetProperty("inputTokens").GetInt64());
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/v1/chat/completions")]
    public async Task A_call_through_the_cli_that_is_cut_is_booked_with_what_the_api_had_told_under_the_model_that_answered(string path)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Wire:Direct=Never");
        simulator.Enqueue(Scenario.Words(20) with { InputTokens = 12, StallAfterTokens = 3 });
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = JsonContent.Create(new { model = "sonnet", max_tokens = 50, messages = s_hello, stream = true }),
        };

        using (var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token))
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
            while (await lines.ReadLineAsync(Token) is { } line && !line.Contains("word1", StringComparison.Ordinal))
            {
            }
        }

        await BookedAsync(gateway, turns: 1);
        var booked = Assert.Single((await gateway.GetAsync("/api/usage", Token)).GetProperty("items").EnumerateArray());
        Assert.Equal(12, booked.GetProperty("inputTokens").GetInt64());
        Assert.StartsWith("claude-sonnet", booked.GetProperty("model").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Through_the_cli_what_it_cannot_be_told_is_set_on_the_wire()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Wire:Direct=Never");

        using var response = await gateway.Http.PostAsJsonAsync(
            "/v1/messages", new { model = "sonnet", max_tokens = 60, temperature = 0.3, top_k = 4, stop_sequences = new[] { "END" }, messages = s_hello }, Token);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal("cli", Header(response, "x-pilotlight-route"));
        Assert.False(response.Headers.Contains("x-pilotlight-ignored"));
        Assert.Equal("message", answer.GetProperty("type").GetString());
        var body = Assert.Single(simulator.MessageRequests).Body;
        Assert.Equal((0.3, 4, 60), (body.GetProperty("temperature").GetDouble(), body.GetProperty("top_k").GetInt32(), body.GetProperty("max_tokens").GetInt32()));
        Assert.Equal("END", body.GetProperty("stop_sequences")[0].GetString());
        Assert.Equal(Key, simulator.MessageRequests[0].Headers["x-api-key"]);
    }

    // The booking follows the answer; a call that was cut ends a moment after its client has left.
    private async Task<JsonElement> BookedAsync(GatewayProcess gateway, int turns)
    {
        while (true)
        {
            var total = (await gateway.GetAsync("/api/usage", Token)).GetProperty("total");
            if (total.GetProperty("turns").GetInt32() >= turns)
            {
                return total;
            }

            await Task.Delay(50, Token);
        }
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
