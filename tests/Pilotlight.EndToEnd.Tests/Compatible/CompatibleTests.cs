using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>What the compatible APIs promise beyond what their clients show.</summary>
public sealed class CompatibleTests : EndToEndTest
{
    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task A_growing_history_finds_its_hot_process_and_another_history_does_not(string path)
    {
        var gateway = await SharedGateway.Instance;
        var said = new JsonArray(Message("user", $"one {Guid.NewGuid()}"));

        var first = await AskAsync(gateway, path, said);
        said.Add(Message("assistant", first.Text));
        said.Add(Message("user", "two"));
        var second = await AskAsync(gateway, path, said);
        var again = await AskAsync(gateway, path, said);
        said[1] = Message("assistant", first.Text + " ");
        var edited = await AskAsync(gateway, path, said);

        Assert.NotEqual("hot", first.Acquire);
        Assert.Equal("hot", second.Acquire);
        Assert.NotEqual("hot", again.Acquire); // The session has gone on: it holds more than this history.
        Assert.NotEqual("hot", edited.Acquire);
    }

    [Fact]
    public async Task A_conversation_that_is_named_needs_only_the_users_words_to_be_equal()
    {
        var gateway = await SharedGateway.Instance;
        var name = Guid.NewGuid().ToString();
        var said = new JsonArray(Message("user", "one"));
        var first = await AskAsync(gateway, "/v1/chat/completions", said, name);

        said.Add(Message("assistant", first.Text.Trim() + " (shortened by its reader)"));
        said.Add(Message("user", "two"));
        var second = await AskAsync(gateway, "/v1/chat/completions", said, name);
        said[0] = Message("user", "another one");
        var other = await AskAsync(gateway, "/v1/chat/completions", said, name);

        Assert.Equal("hot", second.Acquire);
        Assert.NotEqual("hot", other.Acquire);
    }

    [Theory]
    [InlineData("/v1/chat/completions", false, false)]
    [InlineData("/v1/chat/completions", false, true)]
    [InlineData("/v1/chat/completions", true, false)]
    [InlineData("/v1/chat/completions", true, true)]
    [InlineData("/v1/messages", false, false)]
    [InlineData("/v1/messages", false, true)]
    [InlineData("/v1/messages", true, false)]
    [InlineData("/v1/messages", true, true)]
    public async Task A_disconnect_cancels_the_turn(string path, bool streaming, bool afterFirstToken)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        var environment = new Dictionary<string, string>
        {
            ["ANTHROPIC_API_KEY"] = "sk-ant-not-a-real-key",
            ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/'),
        };
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, environment);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var request = Request(path, new JsonArray(Message("user", afterFirstToken ? "[[sim words=20 stall-after=3]]" : "[[sim stall=1]]")), streaming);
        var firstToken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = LeaveAsync();
        await simulator.WaitForRequestAsync(sent => sent.IsMessage, Token);
        if (streaming && afterFirstToken)
        {
            await firstToken.Task.WaitAsync(Token);
        }

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await gateway.WaitForAsync(pool => Leased(pool) == 0, Token);
        await gateway.WaitForOutputAsync("ended: cancelled", Token);

        async Task LeaveAsync()
        {
            using var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            await using var body = await response.Content.ReadAsStreamAsync(leaving.Token);
            var buffer = new byte[4096];
            while (await body.ReadAsync(buffer, leaving.Token) > 0)
            {
                firstToken.TrySetResult();
            }
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", "{", 400, "JSON")]
    [InlineData("/v1/chat/completions", "[]", 400, "body")]
    [InlineData("/v1/chat/completions", """{"model":"sonnet"}""", 400, "messages")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"hi"}]}""", 400, "model")]
    [InlineData("/v1/chat/completions", """{"model":"sonnet","messages":[]}""", 400, "last message")]
    [InlineData("/v1/chat/completions", """{"model":"sonnet","messages":[{"role":"user","content":"hi"}],"n":2}""", 400, "n cannot")]
    [InlineData("/v1/chat/completions", """{"model":"sonnet","messages":[{"role":"tool","content":"a","tool_call_id":"x"}]}""", 400, "'x'")]
    [InlineData("/v1/messages", """{"model":"sonnet","messages":[{"role":"user","content":"hi"}]}""", 400, "max_tokens")]
    [InlineData("/v1/messages", """{"model":"sonnet","max_tokens":5,"tools":[{"name":"f"}],"messages":[{"role":"user","content":"a"}]}""", 400, "tools")]
    [InlineData("/v1/nothing", "{}", 404, "")]
    [InlineData("/v1/messages/nothing", "{}", 404, "")]
    public async Task Faults_are_in_the_apis_own_shape(string path, string body, int status, string says)
    {
        var gateway = await SharedGateway.Instance;
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await gateway.Http.PostAsync(path, content, Token);

        var error = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(status, (int)response.StatusCode);
        var inner = error.GetProperty("error");
        Assert.Contains(says, inner.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("_error", inner.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal(path.StartsWith("/v1/messages", StringComparison.Ordinal), error.TryGetProperty("type", out _));
        Assert.Equal(!path.StartsWith("/v1/messages", StringComparison.Ordinal), inner.TryGetProperty("param", out _));
    }

    [Fact]
    public async Task Bodies_may_be_larger_than_on_native_routes_and_have_a_limit()
    {
        var gateway = await SharedGateway.Instance;
        var large = new string('x', 5 * 1024 * 1024);

        using var native = await gateway.Http.PostAsJsonAsync("/api/threads", new { title = large }, Token);
        using var compatible = await gateway.Http.PostAsJsonAsync("/v1/chat/completions", new { model = "sonnet", nonsense = large }, Token);
        using var huge = await gateway.Http.PostAsJsonAsync("/v1/chat/completions", new { model = "sonnet", nonsense = new string('x', 33 * 1024 * 1024) }, Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, native.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, compatible.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, huge.StatusCode);
        Assert.Contains("\"error\"", await huge.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"temperature":0.1,"seed":7,"made_up":true}""", "seed, made_up")]
    [InlineData("/v1/messages", """{"temperature":0.1,"top_k":5,"context_management":{"edits":[{"type":"x"}]},"made_up":true}""", "context_management, made_up")]
    public async Task What_only_tunes_and_what_nobody_knows_is_left_aside_and_the_response_names_it(string path, string asked, string named)
    {
        var gateway = await SharedGateway.Instance;

        using var response = await gateway.Http.PostAsJsonAsync(path, Call(asked), Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(named, response.Headers.GetValues("x-pilotlight-ignored").Single());
    }

    [Fact]
    public async Task A_strict_gateway_refuses_what_it_would_leave_aside_but_for_what_nobody_knows()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, null, "--simulate", "--Pilotlight:Compatible:Unsupported=Refuse", "--Pilotlight:Compatible:Models:gpt-4o=sonnet");

        using var refused = await gateway.Http.PostAsJsonAsync("/v1/chat/completions", Call("""{"seed":1}"""), Token);
        using var served = await gateway.Http.PostAsJsonAsync("/v1/chat/completions", Call("""{"model":"gpt-4o","made_up":1}"""), Token);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("Pilotlight:Compatible:Unsupported", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.Equal("made_up", served.Headers.GetValues("x-pilotlight-ignored").Single());
        Assert.StartsWith("claude-", (await served.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("model").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_lets_a_running_call_finish()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", GatewayProcess.OneParked);
        await gateway.WaitForWarmthAsync(Token);
        var call = AskAsync(gateway, "/v1/chat/completions", new JsonArray(Message("user", "[[sim words=100 rate=50]]")));
        await gateway.WaitForAsync(pool => Leased(pool) == 1, Token);

        var stopped = gateway.StopAsync(Token);

        Assert.EndsWith("word100", (await call).Text, StringComparison.Ordinal);
        Assert.Equal(0, await stopped);
    }

    private static int Leased(JsonElement pool) => pool.GetProperty("profiles").EnumerateArray().Sum(profile => profile.GetProperty("leased").GetInt32());

    private static JsonObject Call(string properties)
    {
        var call = new JsonObject { ["model"] = "sonnet", ["max_tokens"] = 4096, ["messages"] = new JsonArray(Message("user", "hi")) };
        foreach (var (name, value) in JsonNode.Parse(properties)!.AsObject())
        {
            call[name] = value?.DeepClone();
        }

        return call;
    }

    private static JsonObject Message(string role, string text) => new() { ["role"] = role, ["content"] = text };

    private static HttpRequestMessage Request(string path, JsonArray messages, bool streaming)
    {
        var body = new JsonObject { ["model"] = "sonnet", ["max_tokens"] = 4096, ["stream"] = streaming, ["messages"] = messages.DeepClone() };
        return new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
    }

    private async Task<(string Text, string Acquire)> AskAsync(GatewayProcess gateway, string path, JsonArray messages, string? name = null)
    {
        using var request = Request(path, messages, streaming: false);
        if (name is not null)
        {
            request.Headers.Add("x-pilotlight-conversation", name);
        }

        using var response = await gateway.Http.SendAsync(request, Token);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        Assert.True(double.Parse(response.Headers.GetValues("x-pilotlight-overhead-ms").Single(), System.Globalization.CultureInfo.InvariantCulture) > 0);
        var text = path == "/v1/messages"
            ? answer.GetProperty("content")[0].GetProperty("text").GetString()
            : answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        return (text!, response.Headers.GetValues("x-pilotlight-acquire").Single());
    }
}
