using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The product as a process, on the real CLI, against the simulator, over HTTP.</summary>
public sealed class GatewayTests : EndToEndTest
{
    [Fact]
    public async Task Two_turns_in_a_thread_the_second_is_hot_and_all_is_stored()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", GatewayProcess.OneParked);
        await gateway.WaitForWarmthAsync(Token);
        var thread = await gateway.CreateThreadAsync(Token);
        string? acquire = null, overhead = null, simulated = null;

        var first = await gateway.TurnAsync(thread, "What is a lease?", Token).ToListAsync(Token);
        var second = await gateway.TurnAsync(thread, "And a turn?", Token, response =>
        {
            acquire = response.Headers.GetValues("x-pilotlight-acquire").Single();
            overhead = response.Headers.GetValues("x-pilotlight-overhead-ms").Single();
            simulated = response.Headers.GetValues("x-pilotlight-simulated").Single();
        }).ToListAsync(Token);

        Assert.Equal("warm", first[0].Data.GetProperty("acquire").GetProperty("source").GetString());
        Assert.Equal("hot", second[0].Data.GetProperty("acquire").GetProperty("source").GetString());
        Assert.Equal(("hot", "true"), (acquire, simulated));
        Assert.True(double.Parse(overhead!, System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal(["turn.started", "text.delta"], second.Select(item => item.Type).Take(2));
        Assert.Equal("turn.completed", second[^1].Type);
        Assert.Equal(Enumerable.Range(1, second.Count).Select(id => (long)id), second.Select(item => item.Id));
        var done = second[^1].Data;
        Assert.True(done.GetProperty("usage").GetProperty("outputTokens").GetInt64() > 0);
        Assert.True(done.GetProperty("ttftMs").GetDouble() > 0);
        var wait = done.GetProperty("firstToken");
        var parts = wait.EnumerateObject().ToDictionary(part => part.Name, part => part.Value.GetDouble());
        Assert.Equal(["gatewayMs", "processMs", "cliMs", "networkMs", "modelMs"], parts.Keys);
        Assert.All(parts.Values, ms => Assert.True(ms >= 0, wait.GetRawText()));
        Assert.True(parts.Values.Sum() + 0.01 >= done.GetProperty("ttftMs").GetDouble(), wait.GetRawText());

        var messages = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(["user", "assistant", "user", "assistant"], messages.Select(message => message.GetProperty("role").GetString()));
        Assert.Equal(Text(second), messages[3].GetProperty("text").GetString());
        Assert.Equal(wait.GetRawText(), messages[3].GetProperty("firstToken").GetRawText());
        Assert.All(messages, message => Assert.Equal("complete", message.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task A_turn_is_joined_and_replayed_without_gap_or_repeat()
    {
        var gateway = await SharedGateway.Instance;
        var thread = await gateway.CreateThreadAsync(Token);
        string turn = "";
        var seen = new List<ClientEvent>();

        // Leaves in the middle: the turn goes on without its client.
        await foreach (var item in gateway.TurnAsync(thread, "[[sim words=60 rate=100]]", Token))
        {
            turn = item.Type == "turn.started" ? item.Data.GetProperty("turnId").GetString()! : turn;
            seen.Add(item);
            if (seen.Count == 4)
            {
                break;
            }
        }

        var rest = await gateway.JoinAsync(thread, turn, seen[^1].Id, Token).ToListAsync(Token);
        var replay = await gateway.JoinAsync(thread, turn, 0, Token).ToListAsync(Token);

        Assert.Equal("turn.completed", rest[^1].Type);
        Assert.Equal(replay.Select(item => (item.Id, item.Type)), seen.Concat(rest).Select(item => (item.Id, item.Type)));
        Assert.EndsWith("word60", Text(replay), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_ends_the_turn_and_the_thread_goes_on()
    {
        var gateway = await SharedGateway.Instance;
        var thread = await gateway.CreateThreadAsync(Token);
        var events = new List<ClientEvent>();

        await foreach (var item in gateway.TurnAsync(thread, "[[sim words=20 stall-after=3]]", Token))
        {
            events.Add(item);
            if (item.Type == "text.delta" && events.Count(known => known.Type == "text.delta") == 1)
            {
                var turn = events[0].Data.GetProperty("turnId").GetString();
                using var accepted = await gateway.Http.PostAsync($"/api/threads/{thread}/turns/{turn}/cancel", null, Token);
                Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
            }
        }

        Assert.Equal("turn.cancelled", events[^1].Type);
        var next = await gateway.TurnAsync(thread, "go on", Token).ToListAsync(Token);
        Assert.Equal("turn.completed", next[^1].Type);
    }

    [Fact]
    public async Task A_thread_is_made_ready_while_its_user_types()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, null, "--simulate", "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0");
        var thread = await gateway.CreateThreadAsync(Token);

        using var accepted = await gateway.Http.PostAsync($"/api/threads/{thread}/warm", null, Token);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await gateway.WaitForAsync(pool => pool.GetProperty("profiles").EnumerateArray().Any(profile => profile.GetProperty("hot").GetInt32() > 0), Token);

        var events = await gateway.TurnAsync(thread, "hi", Token).ToListAsync(Token);
        Assert.Equal("warm", events[0].Data.GetProperty("acquire").GetProperty("source").GetString());
        Assert.Equal("turn.completed", events[^1].Type);
    }

    [Fact]
    public async Task A_thread_that_is_expected_finds_a_process_parked_for_it()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=2");

        using var unknown = await gateway.Http.PostAsync("/api/warm?profile=nobody", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("'nobody'", await unknown.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var accepted = await gateway.Http.PostAsync("/api/warm", null, Token);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await gateway.WaitForWarmthAsync(Token);

        var events = await gateway.TurnAsync(await gateway.CreateThreadAsync(Token), "hi", Token).ToListAsync(Token);
        Assert.Equal("warm", events[0].Data.GetProperty("acquire").GetProperty("source").GetString());
    }

    [Fact]
    public async Task A_running_thread_takes_no_second_turn()
    {
        var gateway = await SharedGateway.Instance;
        var thread = await gateway.CreateThreadAsync(Token);
        await using var running = gateway.TurnAsync(thread, "[[sim words=40 rate=40]]", Token).GetAsyncEnumerator(Token);
        Assert.True(await running.MoveNextAsync());

        using var second = await gateway.Http.PostAsJsonAsync($"/api/threads/{thread}/turns", new { text = "too soon" }, Token);

        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains("urn:pilotlight:problem:thread-busy", await second.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var deleted = await gateway.Http.DeleteAsync($"/api/threads/{thread}", Token);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await gateway.Http.GetAsync($"/api/threads/{thread}", Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task An_idempotency_key_makes_a_retry_safe()
    {
        var gateway = await SharedGateway.Instance;
        var thread = await gateway.CreateThreadAsync(Token);

        var first = await PostAsync("same");
        var again = await PostAsync("same");
        var other = await PostAsync("another");

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(first.Body, again.Body);
        Assert.Equal(HttpStatusCode.Conflict, other.Status);
        Assert.Contains("urn:pilotlight:problem:idempotency-key-reused", other.Body, StringComparison.Ordinal);
        Assert.Equal(2, (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").GetArrayLength());

        async Task<(HttpStatusCode Status, string Body)> PostAsync(string text)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns") { Content = JsonContent.Create(new { text }) };
            request.Headers.Add("Idempotency-Key", "k1");
            using var response = await gateway.Http.SendAsync(request, Token);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(Token));
        }
    }

    [Fact]
    public async Task A_killed_server_loses_nothing_and_leaves_nothing_behind()
    {
        string thread, turn = "";
        int[] children;
        {
            await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
            thread = await gateway.CreateThreadAsync(Token);
            await foreach (var item in gateway.TurnAsync(thread, "[[sim words=20 stall-after=3]]", Token))
            {
                turn = item.Type == "turn.started" ? item.Data.GetProperty("turnId").GetString()! : turn;
                if (item.Type == "text.delta" && item.Data.GetProperty("text").GetString()!.Contains("word1", StringComparison.Ordinal))
                {
                    break;
                }
            }

            children = MarkedProcesses.OwnedBy(gateway.Id);
            Assert.NotEmpty(children);
            await gateway.KillAsync();
        }

        var since = Stopwatch.GetTimestamp();
        while (children.Any(MarkedProcesses.Lives))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), "CLI processes outlived their server.");
            await Task.Delay(10, Token);
        }

        await using var next = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        var events = await next.JoinAsync(thread, turn, 0, Token).ToListAsync(Token);
        Assert.Equal("turn.failed", events[^1].Type);
        Assert.Equal("urn:pilotlight:problem:interrupted", events[^1].Data.GetProperty("problem").GetProperty("type").GetString());
        var messages = (await next.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(["complete", "interrupted"], messages.Select(message => message.GetProperty("status").GetString()));
        Assert.StartsWith("word1", messages[1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("turn.completed", (await next.TurnAsync(thread, "and now?", Token).ToListAsync(Token))[^1].Type);
    }

    [Fact]
    public async Task A_stop_lets_the_running_turn_finish_and_then_ends_everything()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        var thread = await gateway.CreateThreadAsync(Token);
        var events = new List<ClientEvent>();
        Task<int>? stopped = null;

        // Longer than the two seconds that the command line's own handler would give it.
        await foreach (var item in gateway.TurnAsync(thread, "[[sim words=150 rate=40]]", Token))
        {
            events.Add(item);
            stopped ??= gateway.StopAsync(Token);
        }

        Assert.Equal("turn.completed", events[^1].Type);
        Assert.EndsWith("word150", Text(events), StringComparison.Ordinal);
        Assert.Equal(0, await stopped!);
        Assert.Empty(MarkedProcesses.OwnedBy(gateway.Id));
        var order = new[] { "turns are running", "process pool has stopped" }.Select(line => gateway.Output.IndexOf(line, StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, order);
        Assert.True(order[0] < order[1]);
    }

    [Fact]
    public async Task A_stop_lets_an_agents_turn_ask_the_simulated_model_once_more()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, null, "--simulate", "--Pilotlight:Claude:Profiles:worker:Tools:0=Bash", "--Pilotlight:Claude:Profiles:worker:AllowedTools:0=Bash");
        var thread = await gateway.CreateThreadAsync(Token, new { profile = "worker" });
        var events = new List<ClientEvent>();
        Task<int>? stopped = null;

        await foreach (var item in gateway.TurnAsync(thread, """[[sim tool=Bash input={"command":"sleep 2"}]]""", Token))
        {
            events.Add(item);
            stopped ??= item.Type == "tool.started" ? gateway.StopAsync(Token) : null;
        }

        Assert.Equal("turn.completed", events[^1].Type);
        Assert.Equal(0, await stopped!);
    }

    [Fact]
    public async Task A_stop_tells_a_turn_that_does_not_end()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--Pilotlight:Relay:DrainTimeout=00:00:00.2");
        var thread = await gateway.CreateThreadAsync(Token);
        var events = new List<ClientEvent>();
        Task<int>? stopped = null;

        await foreach (var item in gateway.TurnAsync(thread, "[[sim words=20 stall-after=3]]", Token))
        {
            events.Add(item);
            stopped ??= item.Type == "text.delta" ? gateway.StopAsync(Token) : null;
        }

        Assert.Equal("turn.failed", events[^1].Type);
        Assert.Equal(0, await stopped!);
    }

    [Fact]
    public async Task Without_a_cli_the_gateway_starts_says_so_and_is_not_ready()
    {
        var environment = new Dictionary<string, string> { ["Pilotlight__Claude__Path"] = "/nowhere/claude", ["ANTHROPIC_API_KEY"] = "sk-ant-none" };
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, environment);

        using var live = await gateway.Http.GetAsync("/healthz/live", Token);
        using var ready = await gateway.Http.GetAsync("/healthz/ready", Token);

        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("/nowhere/claude", await ready.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Contains("Not ready: Pilotlight:Claude:Path is '/nowhere/claude'", gateway.Output, StringComparison.Ordinal);
        var thread = await gateway.CreateThreadAsync(Token);
        var events = await gateway.TurnAsync(thread, "hi", Token).ToListAsync(Token);
        Assert.Equal("urn:pilotlight:problem:cli-unavailable", Assert.Single(events).Data.GetProperty("problem").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Without_a_key_the_gateway_starts_says_so_and_is_not_ready()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token);

        using var ready = await gateway.Http.GetAsync("/healthz/ready", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("ANTHROPIC_API_KEY", await ready.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Contains("Not ready: There is no key", gateway.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/api/threads/thr_none/turns", """{"text":"hi"}""", 404, "thread-not-found")]
    [InlineData("GET", "/api/threads/thr_none", null, 404, "thread-not-found")]
    [InlineData("POST", "/api/threads", """{"profile":"none"}""", 400, "invalid-request")]
    [InlineData("POST", "/api/threads", """{"title":7}""", 400, "invalid-request")]
    [InlineData("POST", "/api/threads", "{", 400, "invalid-request")]
    [InlineData("POST", "/api/keys", """{"name":"k","tokensPerDay":5}""", 400, "invalid-request")]
    [InlineData("POST", "/api/keys", """{"name":"k","limits":{"tokensADay":5}}""", 400, "invalid-request")]
    [InlineData("GET", "/api/threads?limit=0", null, 400, "invalid-request")]
    [InlineData("GET", "/api/threads?cursor=x", null, 400, "invalid-request")]
    [InlineData("GET", "/nothing", null, 404, "not-found")]
    [InlineData("PUT", "/api/threads", "{}", 405, "method-not-allowed")]
    public async Task Faults_are_problem_json(string method, string path, string? body, int status, string type)
    {
        var gateway = await SharedGateway.Instance;
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        }

        using var response = await gateway.Http.SendAsync(request, Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal("urn:pilotlight:problem:" + type, problem.GetProperty("type").GetString());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("traceId").GetString()));
    }

    [Fact]
    public async Task A_foreign_host_name_is_refused()
    {
        var gateway = await SharedGateway.Instance;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/threads");
        request.Headers.Host = "evil.example";

        using var response = await gateway.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_pool_and_openapi_are_served()
    {
        var gateway = await SharedGateway.Instance;
        await gateway.WaitForWarmthAsync(Token);

        var metrics = await gateway.Http.GetStringAsync("/metrics", Token);
        var api = await gateway.GetAsync("/openapi/v1.json", Token);
        var chat = (await gateway.GetAsync("/api/pool", Token)).GetProperty("profiles")[0];

        Assert.Contains("pilotlight_pool_parked", metrics, StringComparison.Ordinal);
        Assert.True(api.GetProperty("paths").TryGetProperty("/api/threads/{id}/turns", out _));
        foreach (var name in new[] { "name", "parked", "starting", "leased", "hot", "target", "max", "warmHits", "coldStarts", "state" })
        {
            Assert.True(chat.TryGetProperty(name, out _), name);
        }
    }

    private static string Text(IEnumerable<ClientEvent> events) =>
        string.Concat(events.Where(item => item.Type == "text.delta").Select(item => item.Data.GetProperty("text").GetString()));
}

/// <summary>One gateway for the tests that only ask it things.</summary>
public static class SharedGateway
{
    private static readonly DirectoryInfo s_data = Directory.CreateTempSubdirectory("pilotlight-e2e-");
    private static readonly Lazy<Task<GatewayProcess>> s_gateway =
        new(() => GatewayProcess.StartAsync(s_data.FullName, CancellationToken.None, null, "--simulate", GatewayProcess.OneParked));

    public static Task<GatewayProcess> Instance => s_gateway.Value;

    public static async ValueTask StopAsync()
    {
        if (s_gateway.IsValueCreated)
        {
            await (await s_gateway.Value).DisposeAsync();
        }

        s_data.Delete(recursive: true);
    }
}
