using System.Net.Http.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Where calls go, as a user of the gateway sees it.</summary>
public sealed class UpstreamTests : EndToEndTest
{
    [Fact]
    public async Task An_overloaded_upstream_is_left_for_the_next_within_the_turn_and_both_are_told()
    {
        await using var first = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var second = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, [.. Upstream(0, "first", Address(first)), .. Upstream(1, "second", Address(second))]);
        first.When(request => request.IsMessage, Scenario.Status(529));
        second.When(request => request.IsMessage, Scenario.Words(5) with { InputTokens = 7 });

        var events = await gateway.TurnAsync(await gateway.CreateThreadAsync(Token), "hello", Token).ToListAsync(Token);

        Assert.Equal(529, Assert.Single(events, item => item.Type == "retrying").Data.GetProperty("status").GetInt32());
        Assert.Equal("turn.completed", events[^1].Type);
        Assert.Equal(7, events[^1].Data.GetProperty("usage").GetProperty("inputTokens").GetInt32());
        using var response = await gateway.Http.PostAsJsonAsync(
            "/v1/messages", new { model = "sonnet", max_tokens = 50, messages = new[] { new { role = "user", content = "hello" } } }, Token);
        Assert.Equal("second", response.Headers.GetValues("x-pilotlight-upstream").Single());

        // One answers: the server is ready, and says of the other that it rests.
        var ready = await gateway.GetAsync("/healthz/ready", Token);
        Assert.Equal("second: usable", ready.GetProperty("checks").GetProperty("upstreams").GetProperty("description").GetString()!.Split("; ")[1]);
    }

    [Fact]
    public async Task A_dead_address_is_named_at_the_start_and_at_the_turn_and_nothing_is_lost()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, [.. Upstream(0, "nowhere", "http://127.0.0.1:9")]);
        await gateway.WaitForOutputAsync("'nowhere' at http://127.0.0.1:9", Token);

        var thread = await gateway.CreateThreadAsync(Token);
        var end = (await gateway.TurnAsync(thread, "hello", Token).ToListAsync(Token))[^1];

        Assert.Equal("turn.failed", end.Type);
        Assert.Contains("'nowhere' at http://127.0.0.1:9", end.Data.GetProperty("problem").GetProperty("detail").GetString(), StringComparison.Ordinal);
        var message = Assert.Single((await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray());
        Assert.Equal("hello", message.GetProperty("text").GetString());
        var upstreams = (await gateway.GetAsync("/healthz/ready", Token)).GetProperty("checks").GetProperty("upstreams");
        Assert.Equal("degraded", upstreams.GetProperty("status").GetString());
        Assert.DoesNotContain("127.0.0.1", upstreams.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    private static string[] Upstream(int at, string name, string address) =>
    [
        $"--Pilotlight:Wire:Upstreams:{at}:Name={name}", $"--Pilotlight:Wire:Upstreams:{at}:BaseUrl={address}",
        $"--Pilotlight:Wire:Upstreams:{at}:ApiKey=sk-ant-{name}", $"--Pilotlight:Wire:Upstreams:{at}:Priority={at}",
    ];

    private static string Address(SimulatorServer simulator) => simulator.BaseAddress.ToString().TrimEnd('/');
}
