using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Simulator;
using Pilotlight.Testing;
using static Pilotlight.EndToEnd.Tests.Responses.ResponseClient;

namespace Pilotlight.EndToEnd.Tests.Responses;

/// <summary>OpenAI's Responses API on durable turns.</summary>
public sealed class ResponseTests : EndToEndTest
{
    private const string Weather = """[{"type":"function","name":"weather","description":"How it is.","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]""";

    private static JsonNode Tools => JsonNode.Parse(Weather)!;

    private static Scenario AsksWeather => Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}""", "I look.");

    [Fact]
    public async Task A_response_is_kept_and_the_next_goes_on_on_the_same_process()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.Answer("First."), Scenario.Answer("Second."));

        var first = await client.PostAsync(Ask("One?", ("metadata", new JsonObject { ["who"] = "me" })));
        using var second = await client.RawAsync(HttpMethod.Post, "/v1/responses", Ask("Two?", ("previous_response_id", IdOf(first))));
        var next = JsonElement.Parse(await second.Content.ReadAsStringAsync(Token));

        Assert.Equal(("response", "completed", "First."), (first.GetProperty("object").GetString(), StatusOf(first), TextOf(first)));
        Assert.Equal("me", first.GetProperty("metadata").GetProperty("who").GetString());
        Assert.True(first.GetProperty("usage").GetProperty("total_tokens").GetInt64() > 0);
        Assert.Equal("Second.", TextOf(next));
        Assert.Equal("hot", second.Headers.GetValues("x-pilotlight-acquire").Single());
        Assert.Equal(["user", "assistant", "user"], simulator.MessageRequests[1].Messages.Select(message => message.Role));
        Assert.Equal(first.GetRawText(), (await client.GetAsync(IdOf(first))).GetRawText());
        Assert.Equal(next.GetRawText(), (await client.GetAsync(IdOf(next))).GetRawText());
    }

    [Fact]
    public async Task An_earlier_response_is_gone_on_from_in_a_thread_of_its_own()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue([.. new[] { "a", "b", "c", "d" }.Select(Scenario.Answer)]);

        var first = await client.PostAsync(Ask("One?"));
        var second = await client.PostAsync(Ask("Two?", ("previous_response_id", IdOf(first))));
        var branch = await client.PostAsync(Ask("Other?", ("previous_response_id", IdOf(first))));
        var onBranch = await client.PostAsync(Ask("More?", ("previous_response_id", IdOf(branch))));

        Assert.Equal(["One?", "a", "Other?", "c", "More?"], simulator.MessageRequests[3].Messages.Select(message => message.Text));
        Assert.Equal(["One?", "a", "Two?"], simulator.MessageRequests[1].Messages.Select(message => message.Text));
        Assert.Equal("d", TextOf(onBranch));
        Assert.Equal("b", TextOf(await client.GetAsync(IdOf(second))));
        Assert.Equal(2, (await gateway.GetAsync("/api/threads", Token)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task The_stream_has_the_documented_events_and_is_the_same_at_every_replay()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.Thinking("Hm, let me see.", "Here it is."));

        var live = await client.StreamAsync(Ask("What?", ("reasoning", new JsonObject { ["summary"] = "auto" })));
        var id = IdOf(live[0].GetProperty("response"));
        var again = await client.StreamAsync(null, $"/v1/responses/{id}?stream=true");
        var rest = await client.StreamAsync(null, $"/v1/responses/{id}?stream=true&starting_after=4");

        string[] types = [.. live.Select(told => told.GetProperty("type").GetString()!).Where((type, at) => at == 0 || type != live[at - 1].GetProperty("type").GetString())];
        string[] thought =
        [
            "response.output_item.added", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done", "response.output_item.done",
        ];
        string[] said =
        [
            "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.done", "response.content_part.done",
            "response.output_item.done",
        ];
        Assert.Equal(["response.created", "response.in_progress", .. types.Length > 9 ? thought : [], .. said, "response.completed"], types);
        Assert.Equal(Enumerable.Range(0, live.Count), live.Select(told => told.GetProperty("sequence_number").GetInt32()));
        Assert.Equal(live.Select(told => told.GetRawText()), again.Select(told => told.GetRawText()));
        Assert.Equal(live.Skip(5).Select(told => told.GetRawText()), rest.Select(told => told.GetRawText()));
        Assert.Equal("Here it is.", TextOf(live[^1].GetProperty("response")));
        Assert.Contains(live[^1].GetProperty("response").GetProperty("output").EnumerateArray(), item => item.GetProperty("type").GetString() == "reasoning");
    }

    [Fact]
    public async Task A_function_is_the_callers_to_run_and_its_result_goes_on_on_the_waiting_process()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(AsksWeather with { InputTokens = 100 }, Scenario.Answer("Rain.") with { InputTokens = 200 }, Scenario.Answer("Bye."));

        var asked = await client.PostAsync(Ask("How is it?", ("tools", Tools)));
        var call = asked.GetProperty("output").EnumerateArray().Single(item => item.GetProperty("type").GetString() == "function_call");
        using var raw = await client.RawAsync(HttpMethod.Post, "/v1/responses", Ask(
            new JsonArray(Output(call, "rain")), ("previous_response_id", IdOf(asked)), ("tools", Tools)));
        var answered = JsonElement.Parse(await raw.Content.ReadAsStringAsync(Token));
        var thanked = await client.PostAsync(Ask("Thanks.", ("previous_response_id", IdOf(answered)), ("tools", Tools)));

        Assert.Equal("I look.", TextOf(asked));
        Assert.Equal(("weather", """{"city":"Oslo"}"""), (call.GetProperty("name").GetString(), call.GetProperty("arguments").GetString()));
        Assert.Equal("Rain.", TextOf(answered));
        Assert.Equal("hot", raw.Headers.GetValues("x-pilotlight-acquire").Single());
        Assert.Equal((100, 200), (InputTokens(asked), InputTokens(answered)));
        Assert.Equal("Bye.", TextOf(thanked));
        Assert.Equal(3, simulator.MessageRequests.Count);
        Assert.Equal(300 + InputTokens(thanked), (await gateway.GetAsync("/api/usage", Token)).GetProperty("total").GetProperty("inputTokens").GetInt64());
    }

    [Fact]
    public async Task Without_its_process_a_call_and_its_result_are_replayed_natively()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Sessions:MaxHot=0");
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(AsksWeather, Scenario.Answer("Rain."), Scenario.Answer("Bye."));

        var asked = await client.PostAsync(Ask("How is it?", ("tools", Tools)));
        var call = asked.GetProperty("output").EnumerateArray().Single(item => item.GetProperty("type").GetString() == "function_call");
        var answered = await client.PostAsync(Ask(new JsonArray(Output(call, "rain")), ("previous_response_id", IdOf(asked)), ("tools", Tools)));
        await client.PostAsync(Ask("Thanks.", ("previous_response_id", IdOf(answered)), ("tools", Tools)));

        var sent = simulator.MessageRequests[^1].Messages;
        Assert.Equal(["user", "assistant", "user", "assistant", "user"], sent.Select(message => message.Role));
        Assert.Equal("Oslo", sent[1].Content.EnumerateArray().Last().GetProperty("input").GetProperty("city").GetString());
        Assert.Equal("tool_result", sent[2].Content[0].GetProperty("type").GetString());
        Assert.Equal("Rain.", sent[3].Text);
    }

    [Fact]
    public async Task A_call_that_is_not_answered_is_told_by_name()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(AsksWeather);

        var asked = await client.PostAsync(Ask("How is it?", ("tools", Tools)));
        using var response = await client.RawAsync(HttpMethod.Post, "/v1/responses", Ask("Never mind.", ("previous_response_id", IdOf(asked))));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("error");
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Contains("each call needs one", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_not_stored_leaves_nothing_behind(bool stream)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.Answer("Gone."));

        var call = Ask("One?", ("store", false));
        var answer = stream ? (await client.StreamAsync(call))[^1].GetProperty("response") : await client.PostAsync(call);
        using var later = await client.RawAsync(HttpMethod.Get, $"/v1/responses/{IdOf(answer)}", null);

        Assert.Equal(("completed", "Gone."), (StatusOf(answer), TextOf(answer)));
        Assert.Equal(HttpStatusCode.NotFound, later.StatusCode);
        Assert.Equal(0, (await gateway.GetAsync("/api/threads", Token)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_background_response_is_polled_followed_and_outlives_whoever_asked()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Relay:UnwatchedTimeout=00:00:00.1000000");
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.Words(30) with { TokensPerSecond = 20 });

        var begun = await client.PostAsync(Ask("Go.", ("background", true)));
        var events = await client.StreamAsync(null, $"/v1/responses/{IdOf(begun)}?stream=true");
        var done = await client.GetAsync(IdOf(begun));

        Assert.Equal("in_progress", StatusOf(begun));
        Assert.Equal("response.completed", events[^1].GetProperty("type").GetString());
        Assert.Equal(("completed", true), (StatusOf(done), TextOf(done).EndsWith("word30", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_response_is_cancelled_and_says_so()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.Stall("word1 word2 word3", afterTokens: 2));

        var begun = await client.PostAsync(Ask("Go.", ("background", true)));
        await simulator.WaitForRequestAsync(request => request.IsMessage, Token);
        var cancelled = await client.SendAsync(HttpMethod.Post, $"/v1/responses/{IdOf(begun)}/cancel", []);

        Assert.Equal("cancelled", StatusOf(cancelled));
        Assert.Equal("cancelled", StatusOf(await client.GetAsync(IdOf(begun))));
    }

    [Fact]
    public async Task A_request_that_is_sent_again_under_its_key_is_answered_once()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        simulator.Enqueue(AsksWeather, Scenario.Answer("Second."), Scenario.Answer("Anew."));

        // A new one, one that answers a call, and one that goes on from the middle: each is found where its first try had left it.
        var first = await TwiceAsync("k1", Ask("One?", ("tools", Tools)));
        var result = Output(first.GetProperty("output")[1], "rain");
        var second = await TwiceAsync("k2", Ask(new JsonArray(result), ("tools", Tools), ("previous_response_id", IdOf(first))));
        var anew = await TwiceAsync("k3", Ask(new JsonArray(result.DeepClone()), ("tools", Tools), ("previous_response_id", IdOf(first))));
        using var other = await PostAsync("k1", Ask("Two?"));

        Assert.NotEqual(IdOf(second), IdOf(anew));
        Assert.Equal((HttpStatusCode.Conflict, 3), (other.StatusCode, simulator.MessageRequests.Count));

        async Task<JsonElement> TwiceAsync(string key, JsonObject call)
        {
            using var one = await PostAsync(key, call);
            using var two = await PostAsync(key, call);
            var (told, again) = (await one.Content.ReadAsStringAsync(Token), await two.Content.ReadAsStringAsync(Token));
            Assert.True(one.IsSuccessStatusCode, told);
            Assert.Equal(told, again);
            Assert.Equal("true", two.Headers.GetValues("x-pilotlight-replayed").Single());
            return JsonElement.Parse(told);
        }

        async Task<HttpResponseMessage> PostAsync(string key, JsonObject call)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/responses") { Content = JsonContent.Create(call) };
            request.Headers.Add("Idempotency-Key", key);
            return await gateway.Http.SendAsync(request, Token);
        }
    }

    [Fact]
    public async Task Requests_that_come_at_once_under_one_key_are_one_response()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        simulator.When(request => request.IsMessage, Scenario.Answer("Once."));

        var statuses = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/responses") { Content = JsonContent.Create(Ask("One?")) };
            request.Headers.Add("Idempotency-Key", "at once");
            using var response = await gateway.Http.SendAsync(request, Token);
            return response.StatusCode;
        }));

        // Who comes between the two halves of a beginning is asked to come again.
        Assert.Contains(HttpStatusCode.OK, statuses);
        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable, status.ToString()));
        Assert.Single(simulator.MessageRequests);
    }

    [Fact]
    public async Task A_deleted_response_is_gone_with_its_thread()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.Answer("Gone."));

        var answer = await client.PostAsync(Ask("One?"));
        var deleted = await client.SendAsync(HttpMethod.Delete, $"/v1/responses/{IdOf(answer)}", null);
        using var later = await client.RawAsync(HttpMethod.Get, $"/v1/responses/{IdOf(answer)}", null);

        Assert.True(deleted.GetProperty("deleted").GetBoolean());
        Assert.Equal(HttpStatusCode.NotFound, later.StatusCode);
        Assert.Equal(0, (await gateway.GetAsync("/api/threads", Token)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_conversation_is_a_thread_and_keeps_what_is_said()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        var thread = await gateway.CreateThreadAsync(Token);
        simulator.Enqueue(Scenario.Answer("Native."), Scenario.Answer("Response."), Scenario.Answer("Again."));

        await gateway.TurnAsync(thread, "One?", Token).ToListAsync(Token);
        var response = await client.PostAsync(Ask("Two?", ("conversation", thread)));
        await client.PostAsync(Ask("Three?", ("conversation", new JsonObject { ["id"] = thread.Replace("thr_", "conv_", StringComparison.Ordinal) })));

        Assert.Equal(["One?", "Native.", "Two?", "Response.", "Three?"], simulator.MessageRequests[2].Messages.Select(message => message.Text));
        Assert.Equal(thread, response.GetProperty("conversation").GetProperty("id").GetString());
        var messages = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray();
        Assert.Equal(["One?", "Native.", "Two?", "Response.", "Three?", "Again."], messages.Select(message => message.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Pictures_histories_instructions_and_schemas_reach_the_model()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.ToolUse("StructuredOutput", """{"city":"Oslo"}"""));
        const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

        var answer = await client.PostAsync(Ask(
            JsonNode.Parse($$"""
                [{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi."},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello."}]},
                {"role":"user","content":[{"type":"input_text","text":"Where is it?"},{"type":"input_image","image_url":"data:image/png;base64,{{Pixel}}"}]}]
                """)!,
            ("instructions", "Be kind."),
            ("text", JsonNode.Parse("""{"format":{"type":"json_schema","name":"place","schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}""")),
            ("temperature", 0.5)));
        var input = await client.SendAsync(HttpMethod.Get, $"/v1/responses/{IdOf(answer)}/input_items?order=asc", null);

        var sent = simulator.MessageRequests[0];
        Assert.Equal("""{"city":"Oslo"}""", TextOf(answer));
        Assert.Contains("Be kind.", sent.SystemPrompt, StringComparison.Ordinal);
        Assert.Contains("Be brief.", sent.SystemPrompt, StringComparison.Ordinal);
        Assert.Equal(["Hi.", "Hello."], sent.Messages.Take(2).Select(message => message.Text));
        Assert.Contains(sent.Messages[2].Content.EnumerateArray(), block => block.GetProperty("type").GetString() == "image");
        Assert.Equal(["user", "assistant", "user"], input.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("role").GetString()));
    }

    [Fact]
    public async Task Items_of_earlier_responses_are_referred_to_by_their_ids()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var client = new ResponseClient(gateway, Token);
        simulator.Enqueue(Scenario.Answer("First."), Scenario.Answer("Second."));

        var first = await client.PostAsync(Ask("One?"));
        var item = first.GetProperty("output")[0].GetProperty("id").GetString();
        await client.PostAsync(Ask(JsonNode.Parse($$"""[{"role":"user","content":"One?"},{"type":"item_reference","id":"{{item}}"},{"role":"user","content":"Two?"}]""")!));

        Assert.Equal(["One?", "First.", "Two?"], simulator.MessageRequests[1].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task A_response_is_its_own_keys_alone()
    {
        var (one, two) = (await CreateKeyAsync("One"), await CreateKeyAsync("Two"));
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        simulator.Enqueue(Scenario.Answer("Mine."));
        var answer = await new ResponseClient(gateway, Token, one).PostAsync(Ask("One?"));
        var other = new ResponseClient(gateway, Token, two);

        HttpStatusCode[] seen =
        [
            (await other.RawAsync(HttpMethod.Get, $"/v1/responses/{IdOf(answer)}", null)).StatusCode,
            (await other.RawAsync(HttpMethod.Delete, $"/v1/responses/{IdOf(answer)}", null)).StatusCode,
            (await other.RawAsync(HttpMethod.Post, "/v1/responses", Ask("Two?", ("previous_response_id", IdOf(answer))))).StatusCode,
        ];

        Assert.All(seen, status => Assert.Equal(HttpStatusCode.NotFound, status));
    }

    [Theory]
    [InlineData("""{"input":"a"}""", "model is missing")]
    [InlineData("""{"model":"sonnet"}""", "last message must be the user's")]
    [InlineData("""{"model":"sonnet","input":[{"role":"king","content":"a"}]}""", "'king'")]
    [InlineData("""{"model":"sonnet","input":"a","background":true,"store":false}""", "background needs store")]
    [InlineData("""{"model":"sonnet","input":"a","previous_response_id":"resp_x"}""", "'resp_x'")]
    [InlineData("""{"model":"sonnet","input":[{"type":"function_call_output","call_id":"c","output":"x"}]}""", "'c'")]
    [InlineData("""{"model":"sonnet","input":"a","text":{"format":{"type":"xml"}}}""", "'xml'")]
    [InlineData("""{"model":"sonnet","input":[{"type":"item_reference","id":"msg_1"}]}""", "'msg_1'")]
    public async Task What_is_wrong_is_told_in_OpenAIs_shape(string body, string says)
    {
        var gateway = await SharedGateway.Instance;

        using var response = await new ResponseClient(gateway, Token).RawAsync(HttpMethod.Post, "/v1/responses", JsonNode.Parse(body)!.AsObject());

        Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound);
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("error");
        Assert.Contains(says, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static JsonObject Output(JsonElement call, string said) =>
        new() { ["type"] = "function_call_output", ["call_id"] = call.GetProperty("call_id").GetString(), ["output"] = said };

    private static long InputTokens(JsonElement response) => response.GetProperty("usage").GetProperty("input_tokens").GetInt64();

    private async Task<string> CreateKeyAsync(string name)
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["keys", "create", name, "--data", Data], Token);
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }
}
