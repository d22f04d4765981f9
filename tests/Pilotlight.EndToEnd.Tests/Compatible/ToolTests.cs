using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anthropic;
using Anthropic.Models.Messages;
using OpenAI;
using OpenAI.Chat;
using Pilotlight.Gateway.OpenAi;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>Functions of the caller's, and answers held to a schema, on the compatible APIs.</summary>
public sealed class ToolTests : EndToEndTest
{
    private const string OpenAi = "/v1/chat/completions";
    private const string Messages = "/v1/messages";
    private const string Schema = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""";

    private static Scenario TwoCalls => new()
    {
        Text = "I look.",
        Tool = new ToolCall("mcp__functions__weather", """{"city":"Oslo"}"""),
        MoreTools = [new ToolCall("mcp__functions__weather", """{"city":"Rome"}""")],
    };

    [Fact]
    public async Task The_OpenAI_client_answers_two_calls_on_the_process_that_made_them()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        simulator.Enqueue(TwoCalls, Scenario.Answer("Rain and sun."), Scenario.Answer("Bye."));
        var chat = Client(gateway);
        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("weather", "How it is.", BinaryData.FromString(Schema)) } };
        var messages = new List<ChatMessage> { new UserChatMessage("How is it?") };

        ChatCompletion asked = await chat.CompleteChatAsync(messages, options, Token);
        messages.Add(new AssistantChatMessage(asked));
        messages.AddRange(asked.ToolCalls.Select((call, at) => new ToolChatMessage(call.Id, at == 0 ? "rain" : "sun")));
        var answer = await chat.CompleteChatAsync(messages, options, Token);
        messages.AddRange([new AssistantChatMessage(answer.Value), new UserChatMessage("Thanks.")]);
        var thanked = await chat.CompleteChatAsync(messages, options, Token);

        Assert.Equal(ChatFinishReason.ToolCalls, asked.FinishReason);
        Assert.Equal("I look.", asked.Content[0].Text);
        Assert.Equal(["weather", "weather"], asked.ToolCalls.Select(call => call.FunctionName));
        Assert.Equal(["""{"city":"Oslo"}""", """{"city":"Rome"}"""], asked.ToolCalls.Select(call => call.FunctionArguments.ToString()));
        Assert.Equal("Rain and sun.", answer.Value.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.Value.FinishReason);
        Assert.Equal("hot", Acquire(answer.GetRawResponse()));
        Assert.Equal("hot", Acquire(thanked.GetRawResponse()));
        Assert.Equal(3, simulator.MessageRequests.Count);
        Assert.True(asked.Usage.OutputTokenCount > 0);
    }

    [Fact]
    public async Task The_OpenAI_client_streams_calls()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        simulator.Enqueue(TwoCalls);
        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("weather", "How it is.", BinaryData.FromString(Schema)) } };
        var updates = new List<StreamingChatCompletionUpdate>();

        await foreach (var update in Client(gateway).CompleteChatStreamingAsync([new UserChatMessage("How is it?")], options, Token))
        {
            updates.Add(update);
        }

        var calls = updates.SelectMany(update => update.ToolCallUpdates).ToArray();
        Assert.Equal([0, 1], calls.Select(call => call.Index));
        Assert.All(calls, call => Assert.True(call.FunctionName == "weather" && call.ToolCallId.Length > 0));
        Assert.Equal(["""{"city":"Oslo"}""", """{"city":"Rome"}"""], calls.Select(call => call.FunctionArgumentsUpdate.ToString()));
        Assert.Equal("I look.", string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        Assert.Equal(ChatFinishReason.ToolCalls, updates.Single(update => update.FinishReason is not null).FinishReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_Anthropic_client_answers_a_call_on_the_process_that_made_it(bool streaming)
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        simulator.Enqueue(Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}""", "I look."), Scenario.Answer("Rain."));
        using var client = new AnthropicClient { ApiKey = "pl_none", BaseUrl = gateway.Http.BaseAddress!.ToString().TrimEnd('/'), MaxRetries = 0 };
        var call = new MessageCreateParams
        {
            Model = "sonnet",
            MaxTokens = 4096,
            Messages = [new UserMessageParam("How is it?")],
            Tools = [new Anthropic.Models.Messages.Tool { Name = "weather", Description = "How it is.", InputSchema = JsonSerializer.Deserialize<InputSchema>(Schema)! }],
        };

        var (id, name, input, stop) = streaming ? await StreamAsync() : await WholeAsync();
        var answer = await client.Messages.Create(
            call with
            {
                Messages =
                [
                    .. call.Messages,
                    new AssistantMessageParam(new List<ContentBlockParam>
                    {
                        new TextBlockParam("I look."),
                        new ToolUseBlockParam { ID = id, Name = name, Input = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(input)! },
                    }),
                    new UserMessageParam(new List<ContentBlockParam> { new ToolResultBlockParam { ToolUseID = id, Content = "rain" } }),
                ],
            },
            Token);

        Assert.Equal(("weather", """{"city":"Oslo"}""", "tool_use"), (name, input, stop));
        Assert.True(answer.Content[0].TryPickText(out var text));
        Assert.Equal("Rain.", text!.Text);
        Assert.Equal("end_turn", answer.StopReason?.Raw());
        Assert.Equal(2, simulator.MessageRequests.Count);
        Assert.Equal(id, simulator.MessageRequests[1].Messages[^1].Content[0].GetProperty("tool_use_id").GetString());
        await gateway.WaitForOutputAsync("process hot", Token);

        async Task<(string, string, string, string?)> WholeAsync()
        {
            var asked = await client.Messages.Create(call, Token);
            Assert.True(asked.Content[0].TryPickText(out var said) && said.Text == "I look.");
            Assert.True(asked.Content[1].TryPickToolUse(out var use));
            return (use!.ID, use.Name, JsonSerializer.Serialize(use.Input), asked.StopReason?.Raw());
        }

        async Task<(string, string, string, string?)> StreamAsync()
        {
            var (id, name, input, stop, blocks) = ("", "", "", (string?)null, 0);
            await foreach (var item in client.Messages.CreateStreaming(call, Token))
            {
                if (item.TryPickContentBlockStart(out var start) && start.ContentBlock.TryPickToolUse(out var use))
                {
                    Assert.Equal(1, start.Index);
                    (id, name) = (use.ID, use.Name);
                }
                else if (item.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickInputJson(out var json))
                {
                    input += json.PartialJson;
                }
                else if (item.TryPickDelta(out var last))
                {
                    stop = last.Delta.StopReason?.Raw();
                }
                else if (item.TryPickContentBlockStop(out _))
                {
                    blocks++;
                }
            }

            Assert.Equal(2, blocks);
            return (id, name, input, stop);
        }
    }

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Messages)]
    public async Task Without_the_process_the_call_and_its_result_are_replayed_as_they_were(string path)
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Sessions:MaxHot=0");
        var (gateway, simulator) = reused;
        simulator.Enqueue(Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}""", "I look."), Scenario.Answer("Rain."));

        var asked = await PostAsync(gateway, path, Ask(path));
        var answered = await PostAsync(gateway, path, Answer(path, asked.Body));

        Assert.NotEqual("hot", answered.Acquire);
        Assert.Contains("Rain.", answered.Body.ToString(), StringComparison.Ordinal);
        var sent = simulator.MessageRequests[^1].Messages;
        Assert.Equal(["text", "tool_use"], sent[^2].Content.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal("Oslo", sent[^2].Content[1].GetProperty("input").GetProperty("city").GetString());
        Assert.Equal("tool_result", sent[^1].Content[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task Another_key_or_another_tool_does_not_answer_a_waiting_call()
    {
        var (one, two) = (await CreateKeyAsync("One"), await CreateKeyAsync("Two"));
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        simulator.Enqueue(Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}"""), Scenario.Answer("a"), Scenario.Answer("b"), Scenario.Answer("c"));
        var asked = await PostAsync(gateway, OpenAi, Ask(OpenAi), one);
        var answer = Answer(OpenAi, asked.Body);
        var changed = (JsonObject)answer.DeepClone();
        changed["tools"]![0]!["function"]!["description"] = "Another one.";

        var other = await PostAsync(gateway, OpenAi, answer, two);
        var otherTools = await PostAsync(gateway, OpenAi, changed, one);
        var own = await PostAsync(gateway, OpenAi, answer, one);

        Assert.NotEqual("hot", other.Acquire);
        Assert.NotEqual("hot", otherTools.Acquire);
        Assert.Equal("hot", own.Acquire);
    }

    [Fact]
    public async Task Each_call_of_a_turn_is_booked_with_what_the_api_counted_for_it()
    {
        var key = await CreateKeyAsync("Payer");
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        simulator.Enqueue(
            Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}""") with { InputTokens = 300, CacheReadTokens = 700, CacheWriteTokens = 50 },
            Scenario.Answer("Rain all day.") with { InputTokens = 400, CacheReadTokens = 900 });

        var asked = await PostAsync(gateway, OpenAi, Ask(OpenAi), key);
        var first = await UsageAsync();
        await PostAsync(gateway, OpenAi, Answer(OpenAi, asked.Body), key);
        var both = await UsageAsync();

        Assert.Equal((300, 700, 50), Input(first));
        Assert.Equal((700, 1600, 50), Input(both));
        Assert.Equal(asked.Body.GetProperty("usage").GetProperty("completion_tokens").GetInt64(), first.GetProperty("outputTokens").GetInt64());
        Assert.True(first.GetProperty("costUsd").GetDecimal() > 0);
        Assert.True(both.GetProperty("costUsd").GetDecimal() > first.GetProperty("costUsd").GetDecimal());

        static (long New, long Read, long Written) Input(JsonElement usage) => (
            usage.GetProperty("inputTokens").GetInt64(), usage.GetProperty("cacheReadTokens").GetInt64(), usage.GetProperty("cacheWriteTokens").GetInt64());

        async Task<JsonElement> UsageAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/usage");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var response = await gateway.Http.SendAsync(request, Token);
            return (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("total");
        }
    }

    [Fact]
    public async Task A_call_that_nobody_answers_gives_its_process_back_and_its_place_at_once()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Sessions:IdleTimeout=00:00:03", "--Pilotlight:Relay:MaxRunning=1");
        simulator.Enqueue(Scenario.ToolUse("mcp__functions__weather", """{"city":"Oslo"}"""), Scenario.Answer("Hello."), Scenario.Answer("Rain."));

        var asked = await PostAsync(gateway, OpenAi, Ask(OpenAi));
        var meanwhile = await PostAsync(gateway, OpenAi, new JsonObject { ["model"] = "sonnet", ["messages"] = new JsonArray(Said("user", "Hi.")) });
        await gateway.WaitForAsync(
            pool => pool.GetProperty("profiles").EnumerateArray().Sum(profile => profile.GetProperty("leased").GetInt32()) == 0, Token);
        var late = await PostAsync(gateway, OpenAi, Answer(OpenAi, asked.Body));

        Assert.Contains("Hello.", meanwhile.Body.ToString(), StringComparison.Ordinal);
        Assert.NotEqual("hot", late.Acquire);
        Assert.Contains("Rain.", late.Body.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_is_answered_with_an_object_that_fits_it()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        simulator.Enqueue(
            Scenario.ToolUse("StructuredOutput", """{"city":7}""", "Let me see."),
            Scenario.ToolUse("StructuredOutput", """{"city":"Oslo"}"""),
            Scenario.ToolUse("StructuredOutput", """{"any":"thing"}"""));
        var chat = Client(gateway);

        ChatCompletion strict = await chat.CompleteChatAsync(
            [new UserChatMessage("Where?")],
            new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("place", BinaryData.FromString(Schema), jsonSchemaIsStrict: true) },
            Token);
        ChatCompletion loose = await chat.CompleteChatAsync(
            [new UserChatMessage("What?")], new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonObjectFormat() }, Token);

        Assert.Equal("""{"city":"Oslo"}""", strict.Content[0].Text);
        Assert.Equal((ChatFinishReason.Stop, 0), (strict.FinishReason, strict.ToolCalls.Count));
        Assert.Equal("""{"any":"thing"}""", loose.Content[0].Text);
    }

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Messages)]
    public async Task Above_the_hard_limit_a_call_is_refused_in_the_apis_own_shape_before_any_process_is_touched(string path)
    {
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, null, "--simulate", "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0",
            "--Pilotlight:Limits:SoftTokens=50", "--Pilotlight:Limits:HardTokens=100");

        // One token a word, four a message, four for the system prompt that is none.
        using var above = await gateway.Http.PostAsJsonAsync(path, Words(93), Token);
        var pool = await gateway.GetAsync("/api/pool", Token);
        using var at = await gateway.Http.PostAsJsonAsync(path, Words(92), Token);

        var error = (await above.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK), (above.StatusCode, at.StatusCode));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Contains("about 101 tokens; at most 100", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.All(
            pool.GetProperty("profiles").EnumerateArray(),
            profile => Assert.Equal((0, 0), (profile.GetProperty("starting").GetInt32(), profile.GetProperty("coldStarts").GetInt32())));
    }

    [Fact]
    public async Task Tokens_are_estimated_for_who_asks()
    {
        var gateway = await SharedGateway.Instance;
        var (few, many) = (Words(10), Words(510));
        few.Remove("max_tokens");

        using var one = await gateway.Http.PostAsJsonAsync(Messages + "/count_tokens", few, Token);
        using var two = await gateway.Http.PostAsJsonAsync(Messages + "/count_tokens", many, Token);

        var (less, more) = (await TokensAsync(one), await TokensAsync(two));
        Assert.Equal(500, more - less);
        Assert.InRange(less, 10, 20);

        async Task<long> TokensAsync(HttpResponseMessage response) =>
            (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("input_tokens").GetInt64();
    }

    [Theory]
    [InlineData(OpenAi, """{"tools":[{"type":"function","function":{"name":"f g"}}]}""", "'f g'")]
    [InlineData(OpenAi, """{"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}]}""", "two functions")]
    [InlineData(OpenAi, """{"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"string"}}}}""", "not of an object")]
    [InlineData(OpenAi, """{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"b"}]}""", "each call needs one")]
    [InlineData(OpenAi, """{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{"}}]},{"role":"tool","tool_call_id":"x","content":"b"}]}""", "arguments is not valid JSON")]
    [InlineData(Messages, """{"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", "web_search_20250305")]
    [InlineData(Messages, """{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x","content":"b"}]}]}""", "'x'")]
    public async Task What_of_tools_cannot_be_honoured_is_refused_by_name(string path, string body, string says)
    {
        var gateway = await SharedGateway.Instance;
        var call = Words(1);
        foreach (var (name, value) in JsonNode.Parse(body)!.AsObject())
        {
            call[name] = value!.DeepClone();
        }

        using var response = await gateway.Http.PostAsJsonAsync(path, call, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Contains(says, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static JsonObject Words(int count) => new()
    {
        ["model"] = "sonnet",
        ["max_tokens"] = 4096,
        ["messages"] = new JsonArray(Said("user", string.Join(' ', Enumerable.Repeat("word", count)))),
    };

    private static JsonObject Said(string role, JsonNode content) => new() { ["role"] = role, ["content"] = content };

    private static JsonObject Ask(string path) => new()
    {
        ["model"] = "sonnet",
        ["max_tokens"] = 4096,
        ["messages"] = new JsonArray(Said("user", "How is it?")),
        ["tools"] = new JsonArray(path == OpenAi
            ? new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = "weather", ["description"] = "How it is.", ["parameters"] = JsonNode.Parse(Schema) },
            }
            : new JsonObject { ["name"] = "weather", ["description"] = "How it is.", ["input_schema"] = JsonNode.Parse(Schema) }),
    };

    private static JsonObject Answer(string path, JsonElement asked)
    {
        var call = Ask(path);
        var messages = call["messages"]!.AsArray();
        if (path == OpenAi)
        {
            var message = asked.GetProperty("choices")[0].GetProperty("message");
            messages.Add(JsonNode.Parse(message.GetRawText()));
            messages.Add(new JsonObject
            {
                ["role"] = "tool", ["tool_call_id"] = message.GetProperty("tool_calls")[0].GetProperty("id").GetString(), ["content"] = "rain",
            });
        }
        else
        {
            var content = asked.GetProperty("content");
            messages.Add(Said("assistant", JsonNode.Parse(content.GetRawText())!));
            messages.Add(Said("user", new JsonArray(new JsonObject
            {
                ["type"] = "tool_result",
                ["tool_use_id"] = content.EnumerateArray().Last().GetProperty("id").GetString(),
                ["content"] = "rain",
            })));
        }

        return call;
    }

    private static string Acquire(PipelineResponse response) => response.Headers.TryGetValue("x-pilotlight-acquire", out var acquire) ? acquire! : "none";

    private static ChatClient Client(GatewayProcess gateway) => new OpenAIClient(new ApiKeyCredential("pl_none"), new OpenAIClientOptions
    {
        Endpoint = new Uri(gateway.Http.BaseAddress!, "/v1"),
        RetryPolicy = new ClientRetryPolicy(0),
    }).GetChatClient("sonnet");

    private async Task<string> CreateKeyAsync(string name)
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["keys", "create", name, "--data", Data], Token);
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }

    private async Task<(JsonElement Body, string Acquire)> PostAsync(GatewayProcess gateway, string path, JsonObject call, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(call) };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        using var response = await gateway.Http.SendAsync(request, Token);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(response.IsSuccessStatusCode, body.ToString());
        return (body, response.Headers.GetValues("x-pilotlight-acquire").Single());
    }
}
