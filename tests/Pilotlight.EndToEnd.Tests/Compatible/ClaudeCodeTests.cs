using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>The gateway as Claude Code's own: the pinned CLI, as a user has it, works through it as it does without.</summary>
public sealed class ClaudeCodeTests : EndToEndTest
{
    private const string Upstream = "sk-ant-canary-5f0c11";

    [Fact]
    public async Task A_session_with_two_tools_is_served_as_the_api_serves_it_with_our_key_and_budget_and_no_process_of_ours()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        var admin = await CreateKeyAsync("--admin", "Ada");
        var key = await CreateKeyAsync("Claude Code", "--usd-per-day", "5");
        await ReadyAsync(gateway, admin);

        var said = await AgentClients.RunClaudeCodeAsync(simulator, gateway.Http.BaseAddress!, key, Folder("through"), Token);
        var through = simulator.MessageRequests;
        await using var straight = await SimulatorServer.StartAsync(cancellationToken: Token);
        await AgentClients.RunClaudeCodeAsync(straight, straight.BaseAddress, key, Folder("straight"), Token);

        // The API is sent what it would be sent without us: the same calls, betas and marks of the cache.
        Assert.Equal(straight.MessageRequests.Select(Shape), through.Select(Shape));
        Assert.Contains("\"cache_control\"", through[^1].Body.GetRawText(), StringComparison.Ordinal);
        Assert.All(through, request => Assert.Equal(Upstream, request.Headers["x-api-key"]));
        Assert.All(simulator.Requests, request => Assert.DoesNotContain(key, string.Join(' ', request.Headers.Values), StringComparison.Ordinal));
        Assert.DoesNotContain("error", JsonElement.Parse(said).GetProperty("subtype").GetString(), StringComparison.Ordinal);

        // Its key pays, for each of its calls, and none of our processes worked.
        using var asked = await SendAsync(gateway, HttpMethod.Get, "/api/usage", key);
        var total = (await asked.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("total");
        Assert.Equal(through.Count, total.GetProperty("turns").GetInt32());
        Assert.True(total.GetProperty("costUsd").GetDecimal() > 0);
        using var pool = await SendAsync(gateway, HttpMethod.Get, "/api/pool", admin);
        foreach (var profile in (await pool.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("profiles").EnumerateArray())
        {
            Assert.Equal((0, 0, 0, 0), (Number(profile, "leased"), Number(profile, "hot"), Number(profile, "warmHits"), Number(profile, "coldStarts")));
        }
    }

    [Fact]
    public async Task Its_probes_its_discovery_and_its_count_of_tokens_are_answered()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        var admin = await CreateKeyAsync("--admin", "Ada");
        var key = await CreateKeyAsync("Claude Code");
        await ReadyAsync(gateway, admin);
        await AgentClients.RunClaudeCodeAsync(simulator, gateway.Http.BaseAddress!, key, Folder("session"), Token);
        var body = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(simulator.MessageRequests[^1].Body)!;
        body.Remove("max_tokens");
        body.Remove("stream");
        simulator.Clear();

        foreach (var probe in new[] { "/", "/api/hello" })
        {
            using var answer = await gateway.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, probe), Token);
            Assert.True((int)answer.StatusCode < 500 && answer.StatusCode != HttpStatusCode.NotFound, $"HEAD {probe}: {answer.StatusCode}");
        }

        using var listed = await SendAsync(gateway, HttpMethod.Get, "/v1/models?limit=1000", key);
        var models = (await listed.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!).ToArray();
        Assert.Contains(models, model => model.StartsWith("claude-", StringComparison.Ordinal));
        using var counted = await SendAsync(gateway, HttpMethod.Post, "/v1/messages/count_tokens?beta=true", key, body);
        Assert.Equal("direct", counted.Headers.GetValues("x-pilotlight-route").Single());
        Assert.True((await counted.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("input_tokens").GetInt64() > 1000);
        Assert.Equal("count-tokens-2024-11-01", Assert.Single(simulator.Requests).Headers["anthropic-beta"]);
    }

    // What must be the same with us in between and without: what differs from run to run (ids, times, lengths) left out.
    private static string Shape(RecordedRequest request) => string.Join(
        " | ",
        request.Path,
        request.Model,
        request.Headers.GetValueOrDefault("anthropic-version"),
        request.Headers.GetValueOrDefault("anthropic-beta"),
        string.Join(',', request.Body.EnumerateObject().Select(property => property.Name)),
        string.Join(',', request.Tools),
        string.Join(',', request.AllMessages.Select(message => message.Role)),
        $"{request.Body.GetRawText().Split("\"cache_control\"").Length - 1} marks of the cache");

    private static int Number(JsonElement profile, string name) => profile.GetProperty(name).GetInt32();

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(Data, name)).FullName;

    private Task<GatewayProcess> StartAsync(SimulatorServer simulator) => GatewayProcess.StartAsync(
        Folder("data"), Token,
        new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = Upstream, ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/') },
        "--Pilotlight:Wire:Direct=Auto", GatewayProcess.OneParked);

    private async Task<string> CreateKeyAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["keys", "create", .. arguments, "--data", Folder("data")], Token);
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }

    // Its own start is over: what the model's side sees from here on is the client's. Keys that were just made are known a moment later.
    private async Task ReadyAsync(GatewayProcess gateway, string admin)
    {
        while (true)
        {
            using var pool = await SendAsync(gateway, HttpMethod.Get, "/api/pool", admin);
            if (pool.IsSuccessStatusCode && (await pool.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("profiles").EnumerateArray().Any(profile => Number(profile, "parked") > 0))
            {
                return;
            }

            await Task.Delay(50, Token);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(GatewayProcess gateway, HttpMethod method, string path, string key, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Headers.Add("anthropic-version", "2023-06-01");
        request.Headers.Add("anthropic-beta", "count-tokens-2024-11-01");
        return await gateway.Http.SendAsync(request, Token);
    }
}
