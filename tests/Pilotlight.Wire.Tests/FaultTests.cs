using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Pilotlight.Simulator;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Tests;

/// <summary>Upstreams that are set up wrongly, or that are not there.</summary>
public sealed class FaultTests
{
    // Two seconds on a machine that has nothing else to do; minutes if the CLI asked again.
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(15);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Wrong => new()
    {
        { "nothing", "nothing listens" },
        { "no host", "there is no host 'no-such-host.invalid'" },
        { "untrusted", "certificate is not trusted" },
        { "silent", "in time" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_cannot_be_reached_is_named_at_the_start_and_at_the_turn(string what, string words)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var secret = await SimulatorServer.StartAsync(new SimulatorOptions { Https = true }, Token);
        var address = what switch
        {
            "nothing" => $"http://127.0.0.1:{UpstreamTests.FreePort()}",
            "no host" => "https://no-such-host.invalid",
            "untrusted" => secret.BaseAddress.ToString(),
            _ => $"https://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}",
        };
        await using var host = await WireHost.StartAsync((options, _) =>
            options.Upstreams.Add(new UpstreamOptions { Name = "main", BaseUrl = address, ApiKey = WireHost.Key }));
        var startedAt = Stopwatch.GetTimestamp();

        var health = Assert.Single(await host.Relay.ProbeAsync(Token));
        var probed = Stopwatch.GetElapsedTime(startedAt);

        Assert.False(health.IsUsable);
        Assert.Contains("'main'", health.Problem, StringComparison.Ordinal);
        Assert.Contains(words, health.Problem, StringComparison.Ordinal);
        Assert.True(probed < Quick, $"the probe took {probed}");

        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        var listener = new Listener();
        using var scope = process.BeginTurn(new WireTurn { Observer = listener });
        startedAt = Stopwatch.GetTimestamp();
        var result = CliProcess.ResultOf(await cli.TurnAsync("hello", Token));
        var told = Stopwatch.GetElapsedTime(startedAt);

        Assert.Contains("'main'", result, StringComparison.Ordinal);
        Assert.Contains(words, result, StringComparison.Ordinal);
        Assert.DoesNotContain(WireHost.Key, result, StringComparison.Ordinal);
        Assert.True(told < Quick, $"the turn took {told}");
        Assert.Equal((CallOutcome.Failed, 424), (Assert.Single(listener.Ends).Report.Outcome, listener.Ends.Single().Report.Status!.Value));
    }

    [Fact]
    public async Task A_server_that_is_not_the_api_is_named()
    {
        await using var host = await WireHost.StartAsync((options, server) =>
            options.Upstreams.Add(new UpstreamOptions { Name = "portal", BaseUrl = server.BaseAddress + "_simulator/page", ApiKey = WireHost.Key }));

        using var answer = await host.Relay.SendAsync(UpstreamTests.Call(), Token);

        Assert.Equal(424, answer.Status);
        var body = await new StreamReader(answer.Body).ReadToEndAsync(Token);
        Assert.Contains("'portal'", body, StringComparison.Ordinal);
        Assert.Contains("not the Messages API", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upstream_that_comes_back_takes_up_the_same_turn()
    {
        var port = UpstreamTests.FreePort();
        await using var host = await WireHost.StartAsync((options, _) =>
            options.Upstreams.Add(new UpstreamOptions { Name = "main", BaseUrl = $"http://127.0.0.1:{port}", ApiKey = WireHost.Key }));
        await using (await SimulatorServer.StartAsync(new SimulatorOptions { Port = port }, Token))
        {
            Assert.True((await host.Relay.ProbeAsync(Token)).Single().IsReached);
        }

        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        await cli.SayAsync("hello");
        var told = await cli.UntilAsync("system", Token);
        while (!told[^1].TryGetProperty("subtype", out var subtype) || subtype.GetString() != "api_retry")
        {
            told = await cli.UntilAsync("system", Token);
        }

        await using var back = await SimulatorServer.StartAsync(new SimulatorOptions { Port = port }, Token);
        back.Enqueue(Scenario.Answer("back again"));
        Assert.Equal("back again", CliProcess.ResultOf(await cli.UntilAsync("result", Token)));
    }

    [Fact]
    public void Every_wrong_setting_is_told_at_once_and_no_key_with_it()
    {
        var options = new WireOptions { Record = "/tmp/a", Replay = "/no/such/folder", ConnectTimeout = TimeSpan.Zero };
        options.Upstreams.Add(new UpstreamOptions { Name = "one", BaseUrl = "example.org", ApiKey = "a key with spaces" });
        options.Upstreams.Add(new UpstreamOptions { Name = "ONE", BaseUrl = "https://api.anthropic.com/v1/messages" });
        options.Upstreams.Add(new UpstreamOptions { Kind = UpstreamKind.Foundry });
        options.Upstreams.Add(new UpstreamOptions { Name = "secret", BaseUrl = "https://user:pass@host" });

        var fault = Assert.Throws<ArgumentException>(() => new Relay(options, new RelaySetup()));

        foreach (var words in new[] { "ConnectTimeout", "'example.org' is no address", "ApiKey has a space", "2 entries named 'one'", "goes too far", "'Foundry' needs a BaseUrl", "needs an ApiKey", "more than host and path", "exclude each other", "/no/such/folder" })
        {
            Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("with spaces", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pass@", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_wants_a_password_is_named()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var serving = ServeAsync();
        var upstream = UpstreamFactory.Create(new UpstreamOptions { Name = "main", BaseUrl = "https://api.example.org", ApiKey = "k" }, TimeProvider.System);
        using var network = new HttpMessageInvoker(new SocketsHttpHandler { Proxy = new WebProxy($"http://127.0.0.1:{((IPEndPoint)proxy.LocalEndpoint).Port}"), UseProxy = true });
        using var request = new HttpRequestMessage(HttpMethod.Head, upstream.Protocol.Address);

        var fault = await Assert.ThrowsAnyAsync<HttpRequestException>(() => network.SendAsync(request, Token));

        Assert.Contains("the proxy wants a password (407)", ConnectionFault.Describe(upstream, fault), StringComparison.Ordinal);
        proxy.Stop();
        await serving;

        async Task ServeAsync()
        {
            using var client = await proxy.AcceptTcpClientAsync(Token);
            var buffer = new byte[4096];
            await client.GetStream().ReadAtLeastAsync(buffer, 1, cancellationToken: Token);
            await client.GetStream().WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Token);
        }
    }
}
