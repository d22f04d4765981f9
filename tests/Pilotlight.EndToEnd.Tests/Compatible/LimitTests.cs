using System.Net;
using System.Net.Http.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>The API's own limits, told as clients understand them: with the time at which it goes on.</summary>
public sealed class LimitTests : EndToEndTest
{
    private const int Hours = 7200;

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

    private Task<GatewayProcess> StartAsync(SimulatorServer simulator, string route) => GatewayProcess.StartAsync(
        Data, Token, new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-none", ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/') }, route);
}
