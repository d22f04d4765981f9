using System.Net;
using System.Net.Sockets;
using Pilotlight.Simulator;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Tests;

/// <summary>Several upstreams behind one relay.</summary>
public sealed class UpstreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(429)]
    [InlineData(529)]
    [InlineData(500)]
    public async Task A_call_that_one_upstream_does_not_serve_goes_on_to_the_next_within_the_turn(int status)
    {
        await using var second = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var host = await WireHost.StartAsync((options, first) =>
        {
            options.Upstreams.Add(WireHost.At(first, "first"));
            options.Upstreams.Add(WireHost.At(second, "second", priority: 1, key: "sk-ant-second"));
        });
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        host.Simulator.Enqueue(Scenario.Status(status, retryAfterSeconds: 60));
        second.Enqueue(Scenario.Answer("from the second"), Scenario.Answer("again"));
        var listener = new Listener();

        using (process.BeginTurn(new WireTurn { Observer = listener }))
        {
            var turn = await cli.TurnAsync("hello", Token);
            Assert.Equal("from the second", CliProcess.ResultOf(turn));
            Assert.DoesNotContain(turn, line => line.TryGetProperty("subtype", out var subtype) && subtype.GetString() == "api_retry");
            await cli.TurnAsync("once more", Token);
        }

        var retry = Assert.Single(listener.Retries);
        Assert.Equal((1, "first", status, "second"), (retry.Attempt, retry.Upstream, retry.Status, retry.Next));
        Assert.Equal(("second", 2), (listener.Ends.First().Report.Upstream, listener.Ends.First().Report.Attempts));
        Assert.Single(host.Simulator.MessageRequests);
        Assert.All(second.MessageRequests, request => Assert.Equal("sk-ant-second", request.Headers["x-api-key"]));
    }

    [Fact]
    public async Task A_connection_that_breaks_before_its_first_byte_and_an_error_in_its_place_go_on_too()
    {
        await using var second = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var host = await WireHost.StartAsync((options, first) =>
        {
            options.Upstreams.Add(new UpstreamOptions { Name = "away", BaseUrl = $"http://127.0.0.1:{FreePort()}", ApiKey = "k", Priority = -1 });
            options.Upstreams.Add(WireHost.At(first, "first"));
            options.Upstreams.Add(WireHost.At(second, "second", priority: 1));
        });
        host.Simulator.Enqueue(Scenario.Cut("never read", afterTokens: 0) with { IsCutAtOnce = true });
        var listener = new Listener();

        using var answer = await host.Relay.SendAsync(Call(listener), Token);

        Assert.Equal(200, answer.Status);
        Assert.Equal("second", answer.Upstream);
        Assert.Equal(["away", "first"], listener.Retries.Select(retry => retry.Upstream));
        Assert.Contains("nothing listens", listener.Retries.First().Reason, StringComparison.Ordinal);
        Assert.Equal([false, true], host.Relay.Upstreams.Where(upstream => upstream.Name != "first").Select(upstream => upstream.IsReached));
    }

    [Fact]
    public async Task When_all_are_down_the_last_answer_goes_on_as_it_is()
    {
        await using var second = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var host = await WireHost.StartAsync((options, first) =>
        {
            options.Upstreams.Add(WireHost.At(first, "first"));
            options.Upstreams.Add(WireHost.At(second, "second", priority: 1));
        });
        host.Simulator.Enqueue(Scenario.Status(529));
        second.Enqueue(Scenario.Status(429, retryAfterSeconds: 7, message: "slow down"));

        using var answer = await host.Relay.SendAsync(Call(), Token);

        Assert.Equal(429, answer.Status);
        Assert.Equal("7", answer.Headers.Single(header => header.Key.Equals("retry-after", StringComparison.OrdinalIgnoreCase)).Value.Single());
        Assert.Contains("slow down", await new StreamReader(answer.Body).ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_goes_where_it_is_served_under_the_name_that_it_has_there()
    {
        await using var second = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var host = await WireHost.StartAsync((options, first) =>
        {
            var (one, other) = (WireHost.At(first, "first"), WireHost.At(second, "second"));
            one.Models.Add("claude-haiku-*");
            other.Models.Add("claude-opus-9=deployment-7");
            options.Upstreams.Add(one);
            options.Upstreams.Add(other);
        });

        using var haiku = await host.Relay.SendAsync(Call(model: "claude-haiku-4"), Token);
        using var opus = await host.Relay.SendAsync(Call(model: "claude-opus-9"), Token);
        using var none = await host.Relay.SendAsync(Call(model: "claude-nobody"), Token);

        Assert.Equal(("first", "second", 404), (haiku.Upstream, opus.Upstream, none.Status));
        Assert.Equal("deployment-7", second.MessageRequests.Single().Model);
        Assert.Contains("claude-nobody", await new StreamReader(none.Body).ReadToEndAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_changed_under_load_fails_no_call()
    {
        await using var host = await WireHost.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(LoadAsync, Token)).ToList();

        for (var i = 0; i < 50; i++)
        {
            host.Relay.Change([WireHost.At(host.Simulator, "now", key: $"sk-ant-{i}")]);
            await host.Simulator.WaitForRequestAsync(request => request.Headers.GetValueOrDefault("x-api-key") == $"sk-ant-{i}", Token);
        }

        await stop.CancelAsync();
        var statuses = (await Task.WhenAll(load)).SelectMany(one => one).ToList();
        Assert.All(statuses, status => Assert.Equal(200, status));
        Assert.True(statuses.Count >= 50, $"{statuses.Count} calls");

        async Task<List<int>> LoadAsync()
        {
            var seen = new List<int>();
            while (!stop.IsCancellationRequested)
            {
                using var answer = await host.Relay.SendAsync(Call(), Token);
                await answer.Body.CopyToAsync(Stream.Null, Token);
                seen.Add(answer.Status);
            }

            return seen;
        }
    }

    internal static DirectCall Call(Listener? listener = null, string model = "m") => new()
    {
        Body = System.Text.Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"hi"}]}"""),
        Headers = [new("anthropic-version", "2023-06-01"), new("content-type", "application/json")],
        Turn = new WireTurn { Observer = listener },
    };

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
