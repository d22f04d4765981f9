using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>How a node of a cluster goes.</summary>
internal enum NodeFault
{
    /// <summary>It is killed.</summary>
    Kill,

    /// <summary>It is frozen for 10 s, and wakes.</summary>
    Stop,

    /// <summary>It and the others do not hear each other.</summary>
    Cut,

    /// <summary>It does not hear the database.</summary>
    CutDatabase,
}

/// <summary>Nodes of a cluster that go under load: killed, frozen, cut off, or asked to stop one after the other.</summary>
internal static class ClusterFaults
{
    private const int Nodes = 3;
    private const int Clients = 6;
    private const string Words = "[[sim words=40 rate=60]]";

    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    // Nobody can tell that a node does not reach the database before its lease has run out.
    private static readonly TimeSpan ShortLease = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Goal = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(10);

    /// <summary>Takes a random node away, and starts it again.</summary>
    /// <returns>0 when all turns that were acknowledged are there, have exactly one end, and were asked of the model at most once.</returns>
    public static async Task<int> FaultsAsync(NodeFault fault, int count, TimeLimit limit)
    {
        using var filter = fault is NodeFault.Cut or NodeFault.CutDatabase ? new PacketFilter(Nodes) : null;

        // Two processes parked and some thought between turns: else two processors do nothing but start processes after each fault, and what is measured is the queue for them.
        await using var cluster = await GatewayCluster.StartAsync(Nodes, null, filter, CancellationToken.None, "--Pilotlight:Pool:MinIdle=2", "--Pilotlight:Pool:MaxIdle=2", $"--Pilotlight:Limits:LeaseDuration={(fault == NodeFault.CutDatabase ? ShortLease : Lease)}");
        await using var clients = new ClusterClients(cluster, Clients, Patience) { Pause = TimeSpan.FromMilliseconds(700) };
        await clients.StartAsync(Words);
        var (random, recoveries, gone, left, done) = (new Random(20261130), new List<TimeSpan>(), new List<TimeSpan>(), 0, 0);
        try
        {
            await clients.RecoveredAsync(Stopwatch.GetTimestamp(), RecoveryLimit);
            for (; done < count && !limit.IsOver; done++)
            {
                await Task.Delay(random.Next(0, 1500));
                var (victim, since) = (random.Next(Nodes), Stopwatch.GetTimestamp());
                var pid = cluster[victim].Id;
                var others = cluster.Nodes.Where(node => node.Id != pid).Select(node => (Node: node, Said: node.Output.Length)).ToArray();
                switch (fault)
                {
                    case NodeFault.Kill:
                        await cluster.KillAsync(victim);
                        break;
                    case NodeFault.Stop:
                        cluster.Signal(victim, "STOP");
                        break;
                    case NodeFault.Cut:
                        filter!.CutFromNodes(victim);
                        break;
                    default:
                        filter!.CutFrom(victim, cluster.Postgres.Port);
                        break;
                }

                var recovered = await clients.RecoveredAsync(since, RecoveryLimit);
                recoveries.AddRange(recovered);
                if (recovered.Max() > Goal)
                {
                    Console.WriteLine(string.Join('\n', others.Select(one => one.Node.Output[one.Said..])));
                }

                if (fault == NodeFault.CutDatabase)
                {
                    // It has let its turns go and goes on as soon as it can.
                    filter!.Mend(victim);
                    await cluster.WaitForNodesAsync(CancellationToken.None);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {done + 1}: all threads work and it is one of three after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0}"));
                    continue;
                }

                if (fault != NodeFault.Kill)
                {
                    var from = since;
                    if (fault == NodeFault.Stop)
                    {
                        await Task.Delay(Frozen - (Stopwatch.GetElapsedTime(since) is var so && so > Frozen ? Frozen : so));
                        cluster.Signal(victim, "CONT");
                        from = Stopwatch.GetTimestamp();
                    }

                    // What is no part of the cluster any more ends by itself.
                    await EndedAsync(pid);
                    gone.Add(Stopwatch.GetElapsedTime(from));
                    filter?.Mend(victim);
                    await cluster.ForgetAsync(victim);
                }

                left += MarkedProcesses.OwnedBy(pid).Length;
                var over = Stopwatch.GetElapsedTime(since);
                await cluster.StartNodeAsync(victim, CancellationToken.None);
                var started = Stopwatch.GetElapsedTime(since);
                await cluster.WaitForNodesAsync(CancellationToken.None);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {done + 1}: all threads work and the node is gone after {over.TotalSeconds:0.0} s, it listens again after {started.TotalSeconds:0.0}, is one of three after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0}"));
            }
        }
        catch (TimeoutException late)
        {
            Console.WriteLine(late.Message);
        }

        await clients.StopAsync();
        var (lost, ends, twice) = await clients.LookAsync();
        var (sorted, ended) = (recoveries.Order().ToArray(), gone.Order().ToArray());
        Console.WriteLine(
            $"{done} nodes {Said(fault)} in {limit.Elapsed.TotalSeconds:0} s, {clients.Heard.Count} turns acknowledged ({clients.Ends.Completed} completed, {clients.Ends.BrokenOff} broken off): "
            + $"{lost} messages lost, {ends} turns without exactly one end or with a gap, {twice} asked of the model twice, {left} processes left, {clients.Refusals.Count} refusals; "
            + $"a thread's next turn had begun after {At(sorted, 0.5)} ms (median), {At(sorted, 0.99)} (p99), {At(sorted, 1)} (worst); the node had ended after {At(ended, 0.5)} ms (median), {At(ended, 1)} (worst)");
        Tell(clients);
        return lost + ends + twice + left + clients.Refusals.Count == 0 && done >= count ? 0 : 1;
    }

    /// <summary>Stops and starts each node in turn, again and again, for callers with a key.</summary>
    /// <param name="rounds">How often.</param>
    /// <param name="older">A build that the nodes begin with; each is replaced by the one under test. Null for none.</param>
    /// <param name="limit">Its time.</param>
    /// <returns>0 when no turn failed, and what was booked is what the model counted.</returns>
    public static async Task<int> RollingAsync(int rounds, string? older, TimeLimit limit)
    {
        await using var cluster = await GatewayCluster.StartAsync(Nodes, older, null, CancellationToken.None);
        cluster.Tool = null;
        await UseKeyAsync(cluster, new { tokensPerDay = 1_000_000_000L, concurrentTurns = 100 });
        await using var clients = new ClusterClients(cluster, Clients, Patience);
        await clients.StartAsync(Words);
        await clients.RecoveredAsync(Stopwatch.GetTimestamp(), RecoveryLimit);
        var stops = 0;
        var codes = new List<int>();
        for (; stops < rounds * Nodes && !limit.IsOver; stops++)
        {
            codes.Add(await cluster.StopAsync(stops % Nodes, CancellationToken.None));
            await cluster.StartNodeAsync(stops % Nodes, CancellationToken.None);
            await cluster.WaitForNodesAsync(CancellationToken.None);
        }

        await clients.StopAsync();
        var (lost, ends, twice) = await clients.LookAsync();
        var used = (await cluster[0].GetAsync("/api/usage", CancellationToken.None)).GetProperty("items").EnumerateArray()
            .Sum(row => row.GetProperty("inputTokens").GetInt64() + row.GetProperty("outputTokens").GetInt64());
        var told = cluster.Simulator.Told.Sum(one => (long)one.InputTokens + one.OutputTokens);
        Console.WriteLine(
            $"{stops} restarts in turn{(older is null ? "" : ", the first three of another build to this one,")} in {limit.Elapsed.TotalSeconds:0} s, {clients.Heard.Count} turns acknowledged: {clients.Ends.BrokenOff} failed, {clients.Refusals.Count} refusals, "
            + $"{lost} messages lost, {ends} without exactly one end, {twice} asked twice; connections that broke and were tried again elsewhere: {clients.Broken}; {codes.Count(code => code != 0)} nodes that did not stop in order; tokens booked {used}, counted by the model {told}; "
            + $"processes found: {Acquires(clients)}");
        Tell(clients);
        return lost + ends + twice + clients.Ends.BrokenOff + clients.Refusals.Count + codes.Count(code => code != 0) == 0 && used == told && stops >= rounds * Nodes ? 0 : 1;
    }

    /// <summary>Many threads, each turn through a random node.</summary>
    /// <returns>0 when at least 95 of 100 turns after each thread's first reached its live process.</returns>
    public static async Task<int> PlacementAsync(int turns, TimeLimit limit)
    {
        await using var cluster = await GatewayCluster.StartAsync(Nodes, CancellationToken.None, "--Pilotlight:Pool:MinIdle=2");

        // Some thought between turns: where all wait for a processor, nodes do not answer each other in time, and a turn runs where it comes.
        const int Talking = 12;
        await using var clients = new ClusterClients(cluster, Talking, TimeSpan.FromSeconds(30)) { Pause = TimeSpan.FromMilliseconds(700) };
        await clients.StartAsync("[[sim words=5 rate=200]]");
        while (clients.Heard.Count < turns && !limit.IsOver)
        {
            await Task.Delay(50);
        }

        await clients.StopAsync();
        var seen = new HashSet<string>();
        var later = clients.Placed.Where(one => !seen.Add(one.Thread)).ToArray();
        var hot = later.Count(one => one.Acquire == "hot");
        var share = 100.0 * hot / Math.Max(1, later.Length);
        Console.WriteLine(
            $"{clients.Heard.Count} turns of {Talking} threads through random nodes in {limit.Elapsed.TotalSeconds:0} s: {hot} of {later.Length} after the first found their live process ({share:0.0} %); threads by node: "
            + string.Join(", ", clients.Placed.GroupBy(one => one.Node).Select(node => $"{node.Select(one => one.Thread).Distinct().Count()}")));
        Tell(clients);
        return share >= 95 && clients.Heard.Count >= turns ? 0 : 1;
    }

    /// <summary>Reservations of one key at once through all nodes, against one budget.</summary>
    /// <returns>0 when exactly as many were admitted as fit.</returns>
    public static async Task<int> BudgetAsync(int requests)
    {
        const int Fit = 50;
        const int HeldByOne = 1010; // What a turn of a few words holds: the answer's reserve, and what is sent.
        await using var cluster = await GatewayCluster.StartAsync(
            Nodes, CancellationToken.None, "--Pilotlight:Limits:ReservedOutputTokens=1000", "--Pilotlight:Relay:MaxRunning=2000", "--Pilotlight:Pool:MaxWaiting=2000", "--Pilotlight:Pool:MaxProcesses=4");
        var node = cluster.Nodes.First();
        var cap = Fit * HeldByOne;
        await UseKeyAsync(cluster, new { tokensPerDay = cap });
        var threads = new string[requests];
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (at, token) => threads[at] = await cluster[at % Nodes].CreateThreadAsync(token));
        var states = await Task.WhenAll(Enumerable.Range(0, requests).Select(async at =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{threads[at]}/turns") { Content = JsonContent.Create(new { text = "hi" }) };
            using var response = await cluster[at % Nodes].Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await response.Content.CopyToAsync(Stream.Null);
            return (int)response.StatusCode;
        }));
        var used = (await node.GetAsync("/api/usage", CancellationToken.None)).GetProperty("items").EnumerateArray()
            .Sum(row => row.GetProperty("inputTokens").GetInt64() + row.GetProperty("outputTokens").GetInt64() + row.GetProperty("cacheReadTokens").GetInt64() + row.GetProperty("cacheWriteTokens").GetInt64());
        Console.WriteLine(
            $"{requests} turns at once through {Nodes} nodes against a budget of {cap} tokens: {states.Count(state => state == 200)} admitted, {states.Count(state => state == 429)} refused, "
            + $"{states.Count(state => state is not (200 or 429))} others; {used} tokens used, overshoot {Math.Max(0, used - cap)}");
        return used <= cap && states.All(state => state is 200 or 429) && states.Contains(429) && states.Contains(200) ? 0 : 1;
    }

    private static async Task UseKeyAsync(GatewayCluster cluster, object limits)
    {
        using var made = await cluster[0].Http.PostAsJsonAsync("/api/keys", new { name = "one", isAdmin = true, limits });
        cluster.Key = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString();
    }

    private static string Said(NodeFault fault) => fault switch
    {
        NodeFault.Kill => "killed",
        NodeFault.Stop => "frozen for 10 s",
        NodeFault.Cut => "cut off from the others",
        _ => "cut off from the database",
    };

    private static void Tell(ClusterClients clients)
    {
        foreach (var refusal in clients.Refusals.CountBy(text => text).Take(5))
        {
            Console.WriteLine($"  {refusal.Value} times: {refusal.Key}");
        }
    }

    private static string Acquires(ClusterClients clients) =>
        string.Join(", ", clients.Placed.CountBy(one => one.Acquire).OrderByDescending(one => one.Value).Select(one => $"{one.Value} {one.Key}"));

    private static string At(TimeSpan[] sorted, double share) =>
        sorted.Length == 0 ? "-" : $"{sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(share * sorted.Length) - (share < 1 ? 1 : 0))].TotalMilliseconds:0}";

    private static async Task EndedAsync(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }
}
