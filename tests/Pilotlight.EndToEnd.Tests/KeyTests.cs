using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Keys, limits and usage, from the command line to the answer.</summary>
public sealed class KeyTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-keys-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task From_the_first_key_on_every_request_needs_one_and_a_revoked_one_opens_nothing()
    {
        await using var gateway = await GatewayProcess.StartAsync(_data.FullName, Token, null, "--simulate");
        await gateway.CreateThreadAsync(Token);

        var admin = await CreateKeyAsync("--admin", "Ada");
        await UntilAsync(gateway, null, HttpStatusCode.Unauthorized);
        using var refused = await gateway.Http.GetAsync("/api/threads", Token);
        Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.ToString());
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/healthz/live", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Http.GetAsync("/no/such/place", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, admin, "/api/threads"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, admin, "/api/threads", asApiKey: true));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(gateway, admin, "/api/threads?search=" + admin));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway, admin[..^1] + "?", "/api/threads"));

        var user = await CreateKeyAsync("Grace");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(gateway, user, "/api/keys", patience: true));
        var (listed, output, _) = await GatewayProcess.RunAsync(["keys", "list", "--json", "--data", _data.FullName], Token);
        var grace = JsonDocument.Parse(output).RootElement.GetProperty("items").EnumerateArray().Single(key => key.GetProperty("name").GetString() == "Grace");
        Assert.Equal(0, listed);
        Assert.DoesNotContain(user, output, StringComparison.Ordinal);
        var (revoked, _, _) = await GatewayProcess.RunAsync(["keys", "revoke", grace.GetProperty("id").GetString()!, "--data", _data.FullName], Token);
        Assert.Equal(0, revoked);
        await UntilAsync(gateway, user, HttpStatusCode.Unauthorized);
        var (again, _, error) = await GatewayProcess.RunAsync(["keys", "revoke", "nobody", "--data", _data.FullName], Token);
        Assert.Equal(1, again);
        Assert.Contains("'nobody'", error, StringComparison.Ordinal);
        Assert.DoesNotContain(admin, gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_key_the_gateway_may_be_reached_from_elsewhere_under_any_name()
    {
        var admin = await CreateKeyAsync("--admin", "Ada");
        await using var gateway = await GatewayProcess.StartAsync(_data.FullName, Token, null, "--simulate", "--urls", "http://0.0.0.0:0");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{gateway.Http.BaseAddress!.Port}/api/threads"));
        request.Headers.Host = "chat.example.org";
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", admin);

        using var response = await gateway.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_key_sees_its_own_threads_and_usage_and_an_admin_all()
    {
        var admin = await CreateKeyAsync("--admin", "Ada");
        var (one, two) = (await CreateKeyAsync("One"), await CreateKeyAsync("Two"));
        await using var gateway = await GatewayProcess.StartAsync(_data.FullName, Token, null, "--simulate");
        var thread = await ThreadAsync(gateway, one, new { title = "mine" });
        await TurnAsync(gateway, one, thread, "hello", HttpStatusCode.OK);

        foreach (var path in new[] { "", "/messages", "/turns/trn_x/events" })
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, two, $"/api/threads/{thread}{path}"));
        }

        await TurnAsync(gateway, two, thread, "let me in", HttpStatusCode.NotFound);
        Assert.Empty((await GetAsync(gateway, two, "/api/threads")).GetProperty("items").EnumerateArray());
        Assert.Single((await GetAsync(gateway, one, "/api/threads")).GetProperty("items").EnumerateArray());
        Assert.Equal("mine", (await GetAsync(gateway, admin, $"/api/threads/{thread}")).GetProperty("title").GetString());

        Assert.Empty((await GetAsync(gateway, two, "/api/usage")).GetProperty("items").EnumerateArray());
        var used = (await GetAsync(gateway, one, "/api/usage")).GetProperty("items").EnumerateArray().Single();
        Assert.Equal("One", used.GetProperty("keyName").GetString());
        Assert.True(used.GetProperty("inputTokens").GetInt64() + used.GetProperty("cacheReadTokens").GetInt64() + used.GetProperty("cacheWriteTokens").GetInt64() > 0);
        Assert.True(used.GetProperty("costUsd").GetDecimal() > 0);
        Assert.NotEqual("sonnet", used.GetProperty("model").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(gateway, two, "/api/usage?key=" + used.GetProperty("key").GetString()));
        using var csv = await SendAsync(gateway, admin, HttpMethod.Get, "/api/usage?format=csv");
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        var lines = (await csv.Content.ReadAsStringAsync(Token)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("day,key,keyName,model,turns,", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_of_a_key_refuse_with_what_to_do_and_when()
    {
        var limited = await CreateKeyAsync("Few", "--requests-per-minute", "2", "--model", "sonnet", "--profile", "chat", "--concurrent-turns", "1");
        var poor = await CreateKeyAsync("Poor", "--tokens-per-day", "10");
        await using var gateway = await GatewayProcess.StartAsync(_data.FullName, Token, null, "--simulate");
        var thread = await ThreadAsync(gateway, limited, new { });

        Assert.Contains("sonnet", await TurnAsync(gateway, limited, await ThreadAsync(gateway, limited, new { model = "opus" }), "x", HttpStatusCode.Forbidden), StringComparison.Ordinal);
        Assert.Contains("budget-exceeded", await TurnAsync(gateway, poor, await ThreadAsync(gateway, poor, new { }), "x", HttpStatusCode.TooManyRequests), StringComparison.Ordinal);

        using (var warmed = await SendAsync(gateway, limited, HttpMethod.Post, $"/api/threads/{await ThreadAsync(gateway, limited, new { model = "opus" })}/warm"))
        {
            Assert.Equal(HttpStatusCode.Forbidden, warmed.StatusCode);
        }

        var refused = await RefusedAsync($"/api/threads/{thread}/turns", new { text = "hi" });
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal("2", refused.Headers.GetValues("x-ratelimit-limit-requests").Single());
        Assert.Equal("0", refused.Headers.GetValues("x-ratelimit-remaining-requests").Single());

        // And in the words of Anthropic's clients at their door.
        var message = await RefusedAsync("/v1/messages", new { model = "sonnet", max_tokens = 9, messages = new[] { new { role = "user", content = "hi" } } });
        Assert.Equal(("2", "0"), (message.Headers.GetValues("anthropic-ratelimit-requests-limit").Single(), message.Headers.GetValues("anthropic-ratelimit-requests-remaining").Single()));
        Assert.InRange(
            (DateTimeOffset.Parse(message.Headers.GetValues("anthropic-ratelimit-requests-reset").Single(), System.Globalization.CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow).TotalSeconds, -5, 61);

        // As many as fit in a minute of the clock, whichever it is by now.
        async Task<HttpResponseMessage> RefusedAsync(string path, object body)
        {
            for (var turn = 0; turn < 8; turn++)
            {
                var response = await SendAsync(gateway, limited, HttpMethod.Post, path, body);
                await response.Content.ReadAsStringAsync(Token);
                if (response.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    return response;
                }
            }

            throw new InvalidOperationException($"{path} was never refused.");
        }
    }

    private async Task<string> CreateKeyAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["keys", "create", .. arguments, "--data", _data.FullName], Token);
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }

    private static async Task<string> ThreadAsync(GatewayProcess gateway, string key, object thread)
    {
        using var response = await SendAsync(gateway, key, HttpMethod.Post, "/api/threads", thread);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private static async Task<string> TurnAsync(GatewayProcess gateway, string key, string thread, string text, HttpStatusCode expected)
    {
        using var response = await SendAsync(gateway, key, HttpMethod.Post, $"/api/threads/{thread}/turns", new { text });
        Assert.Equal(expected, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Token);
    }

    private static async Task<JsonElement> GetAsync(GatewayProcess gateway, string key, string path)
    {
        using var response = await SendAsync(gateway, key, HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    // A key that another process has just made is known a second later.
    private static async Task<HttpStatusCode> StatusAsync(GatewayProcess gateway, string key, string path, bool asApiKey = false, bool patience = false)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(asApiKey ? "x-api-key" : "Authorization", asApiKey ? key : "Bearer " + key);
            using var response = await gateway.Http.SendAsync(request, Token);
            if (!patience || response.StatusCode != HttpStatusCode.Unauthorized || attempt == 100)
            {
                return response.StatusCode;
            }

            await Task.Delay(100, Token);
        }
    }

    private static async Task UntilAsync(GatewayProcess gateway, string? key, HttpStatusCode status)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var response = await SendAsync(gateway, key, HttpMethod.Get, "/api/threads");
            if (response.StatusCode == status)
            {
                return;
            }

            await Task.Delay(100, Token);
        }

        Assert.Fail($"The gateway did not come to answer {status}.");
    }

    private static async Task<HttpResponseMessage> SendAsync(GatewayProcess gateway, string? key, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return await gateway.Http.SendAsync(request, Token);
    }
}
