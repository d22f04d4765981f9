using System.Net.Http.Json;
using System.Text;
using Microsoft.Data.Sqlite;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>What is said and what opens doors is in no log, error, metric or trace.</summary>
public sealed class CanaryTests : EndToEndTest
{
    private const string Prompt = "canary-prompt-7f3a91";
    private const string Answer = "canary-answer-5be802";
    private const string UpstreamKey = "sk-ant-canary-c04d77";

    [Fact]
    public async Task No_key_no_hash_no_prompt_and_no_answer_stands_in_logs_errors_metrics_or_traces()
    {
        var (_, output, _) = await GatewayProcess.RunAsync(["keys", "create", "canary", "--data", Data], Token);
        var key = output.Trim();
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        simulator.When(request => request.LastUserText.Contains("well", StringComparison.Ordinal), Scenario.Answer(Answer));
        await using var collector = await Collector.StartAsync(Token);
        var environment = collector.Environment;
        environment["ANTHROPIC_API_KEY"] = UpstreamKey;
        environment["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/');
        environment["Logging__LogLevel__Default"] = "Debug";
        var told = new StringBuilder();
        await using (var gateway = await GatewayProcess.StartAsync(Data, Token, environment))
        {
            gateway.Http.DefaultRequestHeaders.Add("x-api-key", key);
            var thread = await gateway.CreateThreadAsync(Token);
            var well = await gateway.TurnAsync(thread, Prompt + " well", Token).ToListAsync(Token);
            Assert.Contains(well, item => item.Data.ToString().Contains(Answer, StringComparison.Ordinal)); // The canary sings where it may.
            var failed = await gateway.TurnAsync(thread, $"{Prompt} [[sim status=400]]", Token).ToListAsync(Token);
            told.Append(failed[^1].Data);

            await FailAsync(gateway, $"/api/threads/{thread}/turns?{key}", new { text = Prompt });
            await FailAsync(gateway, "/api/threads/thr_none/turns", new { text = Prompt });
            await FailAsync(gateway, $"/api/threads/{thread}/turns", new { text = new[] { Prompt } });
            await FailAsync(gateway, "/api/threads", new { title = Prompt, profile = "none" });
            await FailAsync(gateway, "/v1/chat/completions", new { model = "sonnet", messages = new[] { new { role = "user", content = Prompt } }, n = 2 });
            await FailAsync(gateway, "/v1/chat/completions", new { model = "sonnet", messages = new[] { new { role = "user", content = Prompt + " [[sim status=400]]" } } });
            await FailAsync(gateway, "/v1/messages", new { model = "sonnet", max_tokens = 5, messages = new[] { new { role = "user", content = Prompt }, new { role = "nobody", content = Answer } } });
            using var call = await gateway.Http.PostAsJsonAsync(
                "/v1/messages", new { model = "sonnet", max_tokens = 500, messages = new[] { new { role = "user", content = Prompt + " well" } } }, Token);
            Assert.Contains(Answer, await call.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

            gateway.Http.DefaultRequestHeaders.Remove("x-api-key");
            gateway.Http.DefaultRequestHeaders.Add("x-api-key", key[..^1] + "?");
            await FailAsync(gateway, "/api/threads", new { });
            gateway.Http.DefaultRequestHeaders.Remove("x-api-key");
            gateway.Http.DefaultRequestHeaders.Add("x-api-key", key);
            told.Append(await gateway.Http.GetStringAsync("/metrics", Token));
            await gateway.StopAsync(Token);
            told.Append(gateway.Output);
        }

        told.Append(collector.Everything);
        var hash = Hash();
        string[] secrets = [Prompt, Answer, UpstreamKey, key, key[..^1], key.Split('_')[^1], Convert.ToHexString(hash), Convert.ToBase64String(hash)];
        foreach (var secret in secrets)
        {
            var at = told.ToString().IndexOf(secret, StringComparison.OrdinalIgnoreCase);
            Assert.True(at < 0, at < 0 ? "" : $"'{secret}' stands in: {told.ToString(Math.Max(0, at - 200), Math.Min(400, told.Length - Math.Max(0, at - 200)))}");
        }

        Assert.Contains("pilotlight.acquire", told.ToString(), StringComparison.Ordinal);

        async Task FailAsync(GatewayProcess gateway, string path, object body)
        {
            using var response = await gateway.Http.PostAsJsonAsync(path, body, Token);
            Assert.False(response.IsSuccessStatusCode, path);
            told.Append(await response.Content.ReadAsStringAsync(Token));
        }
    }

    private byte[] Hash()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Data, "pilotlight.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select \"Hash\" from \"keys\"";
        return (byte[])command.ExecuteScalar()!;
    }
}
