using System.Net;
using System.Net.Http.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>The API's own limits, told as clients understand them: with the time at which it goes on.</summary>
public sealed class LimitTests : EndToEndTest
{
    private const int Hours = 7200;
    private static readonly object[] s_hello = [new { role = "user", content = "hello" }];

    [Theory]
    [InlineData("--Pilotlight:Wire:Direct=Auto")]
    [InlineData("--Pilotlight:Wire:Direct=Never")]
    public async Task A_limit_of_hours_is_told_with_its_end_and_that_trying_again_is_of_no_use(string route)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, route);
        foreach (var path in new[] { "/v1/messages", "/v1/chat/completions" })
        {
            simulator.Clear();
            simulator.When(_ => true, Scenario.Status(429, Hours, "You have hit your limit."));

            using var refused = await gateway.Http.PostAsJsonAsync(path, new { model = "sonnet", max_tokens = 50, messages = new[] { new { role = "user", content = "hello" } } }, Token);
            var said = await refused.Content.ReadAsStringAsync(Token);

            Assert.True(refused.StatusCode == HttpStatusCode.TooManyRequests, said);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, Hours - 60, Hours);
            Assert.Equal("false", refused.Headers.GetValues("x-should-retry").Single());
            Assert.Contains("rate_limit", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_threads_turn_says_at_what_time_the_api_goes_on()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Wire:Direct=Never");
        simulator.When(_ => true, Scenario.Status(429, Hours));

        var end = await gateway.TurnAsync(await gateway.CreateThreadAsync(Token), "hello", Token).LastAsync(Token);

        Assert.Equal("turn.failed", end.Type);
        var left = end.Data.GetProperty("problem").GetProperty("retryAt").GetDateTimeOffset() - DateTimeOffset.UtcNow;
        Assert.InRange(left.TotalSeconds, Hours - 120, Hours);
    }

    [Theory]
    [InlineData("--Pilotlight:Wire:Direct=Auto")]
    [InlineData("--Pilotlight:Wire:Direct=Never")]
    public async Task Limits_that_the_api_tells_are_told_in_the_words_of_each_door(string route)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, route);
        var reset = DateTimeOffset.UtcNow.AddMinutes(10);
        var limits = new Dictionary<string, string>
        {
            ["anthropic-ratelimit-requests-limit"] = "50",
            ["anthropic-ratelimit-requests-remaining"] = "49",
            ["anthropic-ratelimit-requests-reset"] = $"{reset:yyyy-MM-ddTHH:mm:ssZ}",
            ["anthropic-ratelimit-tokens-limit"] = "40000",
            ["anthropic-ratelimit-tokens-remaining"] = "39000",
            ["anthropic-ratelimit-tokens-reset"] = $"{reset:yyyy-MM-ddTHH:mm:ssZ}",
        };
        foreach (var (path, body) in new (string, object)[]
        {
            ("/v1/messages", new { model = "sonnet", max_tokens = 50, messages = s_hello }),
            ("/v1/messages", new { model = "sonnet", max_tokens = 50, messages = s_hello, stream = true }),
            ("/v1/chat/completions", new { model = "sonnet", messages = s_hello }),
            ("/v1/chat/completions", new { model = "sonnet", messages = s_hello, stream = true }),
            ("/v1/responses", new { model = "sonnet", input = "hello" }),
            ("/v1/responses", new { model = "sonnet", input = "hello", store = false }),
        })
        {
            foreach (var scenario in new[] { Scenario.Answer("Hello."), Scenario.Status(429, 600) })
            {
                simulator.Clear();
                simulator.When(_ => true, scenario with { Headers = limits });

                using var response = await gateway.Http.PostAsJsonAsync(path, body, Token);
                await response.Content.LoadIntoBufferAsync(Token);

                Assert.Equal(scenario.ErrorStatus is null ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests, response.StatusCode);
                if (path == "/v1/messages")
                {
                    Assert.All(limits, limit => Assert.Equal(limit.Value, response.Headers.GetValues(limit.Key).Single()));
                    continue;
                }

                Assert.Equal(("50", "49"), (Header(response, "limit-requests"), Header(response, "remaining-requests")));
                Assert.Equal(("40000", "39000"), (Header(response, "limit-tokens"), Header(response, "remaining-tokens")));
                Assert.Matches("^(10m0|[89]m[0-9]{1,2})s$", Header(response, "reset-requests"));
                Assert.Matches("^(10m0|[89]m[0-9]{1,2})s$", Header(response, "reset-tokens"));
            }
        }

        static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues("x-ratelimit-" + name).Single();
    }

    [Theory]
    [InlineData("--Pilotlight:Wire:Enabled=false")]
    [InlineData("--Pilotlight:Wire:Enabled=true")]
    public async Task A_limit_of_a_sign_in_that_the_cli_tells_of_is_told_with_its_end(string wire)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        var end = DateTimeOffset.UtcNow.AddSeconds(Hours);
        simulator.When(_ => true, Scenario.Status(429, message: "This request would exceed your account's rate limit.") with
        {
            Headers = new Dictionary<string, string>
            {
                ["anthropic-ratelimit-unified-status"] = "rejected",
                ["anthropic-ratelimit-unified-reset"] = $"{end.ToUnixTimeSeconds()}",
                ["anthropic-ratelimit-unified-representative-claim"] = "five_hour",
            },
        });

        // A made-up sign-in. Without the wire nobody but the CLI reads the API's headers: what is known then is its rate_limit_event.
        await using var gateway = await GatewayProcess.StartAsync(
            Data,
            Token,
            new Dictionary<string, string> { ["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-made-up", ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/') },
            "--Pilotlight:Claude:PassEnvironment:0=CLAUDE_CODE_OAUTH_TOKEN",
            wire);

        var failed = await gateway.TurnAsync(await gateway.CreateThreadAsync(Token), "hello", Token).LastAsync(Token);
        using var refused = await gateway.Http.PostAsJsonAsync("/v1/messages", new { model = "sonnet", max_tokens = 50, messages = s_hello }, Token);

        var problem = failed.Data.GetProperty("problem");
        Assert.True(problem.GetProperty("type").GetString() == "urn:pilotlight:problem:upstream-rate-limited", failed.Data.ToString());
        Assert.InRange((problem.GetProperty("retryAt").GetDateTimeOffset() - end).TotalSeconds, -5, 5);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, Hours - 120, Hours);
        Assert.Equal("false", refused.Headers.GetValues("x-should-retry").Single());
    }

    [Theory]
    [InlineData("--Pilotlight:Wire:Direct=Auto")]
    [InlineData("--Pilotlight:Wire:Direct=Never")]
    public async Task A_limit_that_is_told_in_words_alone_is_told_with_its_end(string route)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, route);
        var end = DateTimeOffset.UtcNow.Date.AddDays(3);
        simulator.When(_ => true, Scenario.Status(400, message: $"You have reached your specified API usage limits. You will regain access on {end:yyyy-MM-dd} at 00:00 UTC."));

        using var refused = await gateway.Http.PostAsJsonAsync("/v1/chat/completions", new { model = "sonnet", messages = s_hello }, Token);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalDays, 1.9, 3);
        Assert.Equal("false", refused.Headers.GetValues("x-should-retry").Single());
        Assert.Contains("regain access", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }
}
