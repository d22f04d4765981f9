using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Three nodes with a certificate of their own. A test that takes one away starts it again.</summary>
public sealed class ThreeNodes : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-e2e-");

    public GatewayCluster Cluster { get; private set; } = null!;

    public X509Certificate2 Certificate { get; private set; } = null!;

    public static X509Certificate2 MakeCertificate(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var made = new CertificateRequest("CN=cluster", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        File.WriteAllText(path, $"{made.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return made;
    }

    public async ValueTask InitializeAsync()
    {
        var path = Path.Combine(_folder.FullName, "cluster.pem");
        Certificate = MakeCertificate(path);
        Cluster = await GatewayCluster.StartAsync(3, TestContext.Current.CancellationToken, $"--Pilotlight:Cluster:Certificate={path}");
    }

    public async Task StartAsync(int node)
    {
        await Cluster.StartNodeAsync(node, TestContext.Current.CancellationToken);
        await Cluster.WaitForNodesAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await (Cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        Certificate?.Dispose();
        _folder.Delete(recursive: true);
    }
}

/// <summary>Several gateways that work as one, each a process of its own.</summary>
public sealed partial class ClusterTests(ThreeNodes nodes) : EndToEndTest, IClassFixture<ThreeNodes>
{
    private GatewayCluster Cluster => nodes.Cluster;

    [Fact]
    public async Task A_turn_through_any_node_runs_on_the_one_that_has_the_threads_process()
    {
        var thread = await Cluster[0].CreateThreadAsync(Token);
        string? owner = null;
        for (var turn = 0; turn < 6; turn++)
        {
            var (node, acquire) = ("", "");
            var events = await Cluster[turn % 3].TurnAsync(thread, $"[[sim words=30 rate=200]] turn {turn}", Token, response =>
                (node, acquire) = (response.Headers.GetValues("x-pilotlight-node").Single(), response.Headers.GetValues("x-pilotlight-acquire").Single())).ToListAsync(Token);

            Assert.Equal(Enumerable.Range(1, events.Count).Select(id => (long)id), events.Select(item => item.Id));
            Assert.Equal("turn.completed", events[^1].Type);
            Assert.Equal(string.Join(' ', Enumerable.Range(1, 30).Select(word => $"word{word}")), ClientEvent.TextOf(events));
            Assert.Equal(owner ??= node, node);
            Assert.Equal(turn == 0 ? "warm" : "hot", acquire);
        }
    }

    [Fact]
    public async Task Threads_are_spread_over_the_nodes_that_have_processes_ready()
    {
        await Cluster.WaitForNodesAsync(Token);
        var owners = new HashSet<int>();
        for (var thread = 0; thread < 6; thread++)
        {
            owners.Add(await SayAsync(1, await Cluster[1].CreateThreadAsync(Token), "hi"));
        }

        Assert.True(owners.Count > 1, "all threads went to one node");
    }

    [Fact]
    public async Task A_turn_is_cancelled_and_followed_from_a_node_that_does_not_run_it()
    {
        var (turn, owner, seen) = ("", "", 0);
        var thread = await Cluster[0].CreateThreadAsync(Token);
        await Cluster[0].TurnAsync(thread, "hi", Token, response => owner = response.Headers.GetValues("x-pilotlight-node").Single()).ToListAsync(Token);
        var other = Cluster[(Cluster.Find(owner) + 1) % 3];
        var last = "";
        await foreach (var item in other.TurnAsync(thread, "[[sim words=2000 rate=50]]", Token, response => turn = response.Headers.GetValues("x-pilotlight-turn").Single()))
        {
            last = item.Type;
            if (++seen == 5)
            {
                using var cancelled = await Cluster[(Cluster.Find(owner) + 2) % 3].Http.PostAsync($"/api/threads/{thread}/turns/{turn}/cancel", null, Token);
                Assert.Equal(System.Net.HttpStatusCode.Accepted, cancelled.StatusCode);
            }
        }

        Assert.Equal("turn.cancelled", last);
        Assert.True(seen < 100, $"{seen} events came after the cancel");
    }

    [Fact]
    public async Task Every_node_tells_of_all()
    {
        await Cluster.WaitForNodesAsync(Token);
        for (var at = 0; at < 3; at++)
        {
            var told = (await Cluster[at].GetAsync("/api/cluster", Token)).GetProperty("nodes").EnumerateArray().ToArray();
            Assert.Equal(Cluster.NameOf(at), told[0].GetProperty("name").GetString());
            Assert.Equal(3, told.Select(node => node.GetProperty("address").GetString()).Distinct().Count());
            Assert.All(told, node => Assert.Equal("active", node.GetProperty("state").GetString()));
            var chat = (await Cluster[at].GetAsync("/api/pool", Token)).GetProperty("profiles").EnumerateArray().Sum(profile => profile.GetProperty("parked").GetInt32());
            Assert.True(chat >= 3, $"{chat} processes are parked");
            var metrics = await Cluster[at].Http.GetStringAsync("/metrics", Token);
            Assert.Contains("pilotlight_cluster_nodes{", metrics, StringComparison.Ordinal);
            Assert.All(Enumerable.Range(0, 3), node => Assert.Matches($"pilotlight_cluster_parked\\{{[^}}]*node=\"{Cluster.NameOf(node)}\"[^}}]*\\}} [1-9]", metrics));
        }
    }

    [Fact]
    public async Task A_killed_nodes_turn_is_told_as_interrupted_through_another_and_its_thread_goes_on()
    {
        var thread = await Cluster[0].CreateThreadAsync(Token);
        var owner = await SayAsync(0, thread, "the first question");
        var (seen, clock) = (new List<ClientEvent>(), new Stopwatch());
        await foreach (var item in Cluster[(owner + 1) % 3].TurnAsync(thread, "[[sim words=400 rate=40]]", Token))
        {
            seen.Add(item);
            if (seen.Count == 6)
            {
                await Cluster.KillAsync(owner);
                clock.Start();
            }
        }

        AssertInterrupted(seen);
        var messages = (await Cluster[(owner + 1) % 3].GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(["complete", "complete", "complete", "interrupted"], messages.Select(message => message.GetProperty("status").GetString()));
        await SayAsync((owner + 2) % 3, thread, "go on");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"the next turn had ended {clock.Elapsed} after the kill");
        Assert.Equal(
            ["the first question", "[[sim words=400 rate=40]]", "go on"],
            Cluster.Simulator.MessageRequests[^1].Messages.Where(message => message.Role == "user").Select(message => message.Text));
        await nodes.StartAsync(owner);
    }

    [Fact]
    public async Task A_killed_nodes_turn_is_taken_over_also_when_too_few_are_left_to_agree_on_its_death()
    {
        var thread = await Cluster[0].CreateThreadAsync(Token);
        var owner = await SayAsync(0, thread, "hi");
        var (asked, frozen, seen) = ((owner + 1) % 3, (owner + 2) % 3, new List<ClientEvent>());

        // Its lease would end the turn after a minute.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await foreach (var item in Cluster[asked].TurnAsync(thread, "[[sim words=400 rate=40]]", patience.Token))
        {
            seen.Add(item);
            if (seen.Count == 6)
            {
                Cluster.Signal(frozen, "STOP");
                await Cluster.KillAsync(owner);
                patience.CancelAfter(TimeSpan.FromSeconds(30));
            }
        }

        Cluster.Signal(frozen, "CONT");
        AssertInterrupted(seen);
        await SayAsync(asked, thread, "go on");
        await nodes.StartAsync(owner);
    }

    [Fact]
    public async Task A_node_that_stops_has_its_threads_made_ready_at_another_before_their_turns_come()
    {
        await Cluster.WaitForNodesAsync(Token);
        var thread = await Cluster[0].CreateThreadAsync(Token);
        var owner = await SayAsync(0, thread, "hi");

        Assert.Equal(0, await Cluster.StopAsync(owner, Token));
        var acquire = "";
        await Cluster[(owner + 1) % 3].TurnAsync(thread, "again", Token, response => acquire = response.Headers.GetValues("x-pilotlight-acquire").Single()).ToListAsync(Token);

        Assert.Equal("warm", acquire);
        await nodes.StartAsync(owner);
    }

    [Fact]
    public async Task A_frozen_node_that_wakes_ends_its_processes_and_itself_and_nothing_it_says_counts()
    {
        var thread = await Cluster[0].CreateThreadAsync(Token);
        var owner = await SayAsync(0, thread, "hi");
        var (seen, other, frozen) = (new List<ClientEvent>(), Cluster[(owner + 1) % 3], Cluster[owner]);
        var id = frozen.Id;
        await foreach (var item in other.TurnAsync(thread, "[[sim words=2000 rate=40]]", Token))
        {
            seen.Add(item);
            if (seen.Count == 6)
            {
                Cluster.Signal(owner, "STOP");
            }
        }

        AssertInterrupted(seen);
        await SayAsync((owner + 1) % 3, thread, "go on");
        var before = await EventsAsync(other, thread, seen[0].Data.GetProperty("turnId").GetString()!);

        Cluster.Signal(owner, "CONT");
        using (var process = Process.GetProcessById(id))
        {
            await process.WaitForExitAsync(Token);
        }

        await Cluster.ForgetAsync(owner);
        Assert.Empty(MarkedProcesses.OwnedBy(id));
        Assert.Contains("no part of the cluster any more", frozen.Output, StringComparison.Ordinal);
        Assert.Equal(before, await EventsAsync(other, thread, seen[0].Data.GetProperty("turnId").GetString()!));
        await SayAsync((owner + 2) % 3, thread, "and on");
        await nodes.StartAsync(owner);
    }

    [Fact]
    public async Task Whoever_has_not_the_clusters_certificate_is_not_listened_to()
    {
        var address = IPEndPoint.Parse((await Cluster[0].GetAsync("/api/cluster", Token)).GetProperty("nodes")[0].GetProperty("address").GetString()!);

        Assert.True(await IsListenedToAsync(address, nodes.Certificate));
        Assert.False(await IsListenedToAsync(address, ThreeNodes.MakeCertificate(Path.Combine(Data, "another.pem"))));
        Assert.False(await IsListenedToAsync(address, null));
    }

    [Fact]
    public async Task A_node_of_another_name_is_refused()
    {
        var (code, _, error) = await GatewayProcess.RunAsync(
            ["serve", "--cluster", "--simulate", "--data", Data, "--urls", "http://127.0.0.1:0", "--Pilotlight:Cluster:SiloPort=0", "--Pilotlight:Cluster:ServiceId=another",
                "--Pilotlight:Storage:Provider=PostgreSql", $"--Pilotlight:Storage:ConnectionString={Cluster.Connection}"], Token);

        Assert.Equal(1, code);
        Assert.Contains("The database belongs to the cluster 'pilotlight'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_others_could_reach_needs_a_certificate_and_a_cluster_needs_PostgreSQL()
    {
        var (code, _, error) = await GatewayProcess.RunAsync(
            ["serve", "--cluster", "--simulate", "--data", Data, "--urls", "http://127.0.0.1:0", "--Pilotlight:Cluster:Advertise=10.1.2.3"], Token);

        Assert.Equal(1, code);
        Assert.Contains("there is no Certificate", error, StringComparison.Ordinal);
        Assert.Contains("Pilotlight:Storage:Provider to PostgreSql", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_tells_of_the_nodes_there_are()
    {
        var environment = new Dictionary<string, string> { ["Pilotlight__Storage__Provider"] = "PostgreSql", ["Pilotlight__Storage__ConnectionString"] = Cluster.Connection };
        var (_, output, _) = await GatewayProcess.RunAsync(["doctor", "--cluster", "--data", Data], Token, environment);

        Assert.All(Enumerable.Range(0, 3), at => Assert.Contains($"ok  cluster node {Cluster.NameOf(at)}", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_cluster_nothing_of_its_runtime_is_loaded()
    {
        var gateway = await SharedGateway.Instance;
        var maps = await File.ReadAllTextAsync($"/proc/{gateway.Id}/maps", Token);

        Assert.Contains("Pilotlight.Core.dll", maps, StringComparison.Ordinal);
        Assert.DoesNotContain("Orleans", maps, StringComparison.Ordinal);
        Assert.Equal("active", Assert.Single((await gateway.GetAsync("/api/cluster", Token)).GetProperty("nodes").EnumerateArray()).GetProperty("state").GetString());
    }

    private static void AssertInterrupted(List<ClientEvent> events)
    {
        Assert.Equal(Enumerable.Range(1, events.Count).Select(id => (long)id), events.Select(item => item.Id));
        Assert.Equal("turn.failed", events[^1].Type);
        Assert.EndsWith("interrupted", events[^1].Data.GetProperty("problem").GetProperty("type").GetString(), StringComparison.Ordinal);
    }

    private async Task<bool> IsListenedToAsync(IPEndPoint address, X509Certificate2? certificate)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(address, Token);
        await using var tls = new SslStream(socket.GetStream(), false, (_, shown, _, _) => shown!.GetCertHashString() == nodes.Certificate.GetCertHashString());
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "pilotlight", ClientCertificates = certificate is null ? [] : [certificate] }, Token);

            // The node speaks first to those that it takes; in TLS 1.3 a refusal comes after the client believes that all is well.
            return await tls.ReadAsync(new byte[1], Token) > 0;
        }
        catch (Exception fault) when (fault is IOException or AuthenticationException)
        {
            return false;
        }
    }

    private async Task<int> SayAsync(int through, string thread, string text)
    {
        var owner = "";
        var events = await Cluster[through].TurnAsync(
            thread, text, Token, response => owner = response.Headers.GetValues("x-pilotlight-node").Single()).ToListAsync(Token);
        Assert.Equal("turn.completed", events[^1].Type);
        return Cluster.Find(owner);
    }

    private async Task<List<string>> EventsAsync(GatewayProcess node, string thread, string turn) =>
        await node.JoinAsync(thread, turn, 0, Token).Select(item => $"{item.Id} {item.Type} {item.Data.GetRawText()}").ToListAsync(Token);
}
