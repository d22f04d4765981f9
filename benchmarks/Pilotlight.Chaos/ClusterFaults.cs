using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Nodes of a cluster that go under load: killed, frozen, or asked to stop one after the other.</summary>
internal static class ClusterFaults
{
    private const int Nodes = 3;
    private const int Clients = 6;
    private const string Words = "[[sim words=40 rate=60]]";

    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(10);

    /// <summary>Kills or freezes a random node, and starts it again.</summary>
    /// <returns>0 when all turns that were acknowledged are there, have exactly one end, and were asked of the model at most once.</returns>
    public static async Task<int> KillsAsync(int kills, bool freezes, TimeLimit limit)
    {
        await using var cluster = await GatewayCluster.StartAsync(Nodes, CancellationToken.None);
        await using var clients = new ClusterClients(cluster, Clients, Patience);
        await clients.StartAsync(Words);
        var (random, recoveries, left, done) = (new Random(20261130), new List<TimeSpan>(), 0, 0);
        try
        {
            await clients.RecoveredAsync(Stopwatch.GetTimestamp(), RecoveryLimit);
            for (; done < kills && !limit.IsOver; done++)
            {
                await Task.Delay(random.Next(0, 1500));
                var (victim, since) = (random.Next(Nodes), Stopwatch.GetTimestamp());
                var pid = cluster[victim].Id;
                if (freezes)
                {
                    cluster.Signal(victim, "STOP");
                    recoveries.AddRange(await clients.RecoveredAsync(since, RecoveryLimit));
                    await Task.Delay(Frozen - (Stopwatch.GetElapsedTime(since) is var so && so > Frozen ? Frozen : so));
                    cluster.Signal(victim, "CONT");
                    await EndedAsync(pid);
                    await cluster.ForgetAsync(victim);
                }
                else
                {
                    await cluster.KillAsync(victim);
                    recoveries.AddRange(await clients.RecoveredAsync(since, RecoveryLimit));
                }

                left += MarkedProcesses.OwnedBy(pid).Length;
                await cluster.StartNodeAsync(victim, CancellationToken.None);
                await cluster.WaitForNodesAsync(CancellationToken.None);
            }
        }
        catch (TimeoutException late)
        {
            Console.WriteLine(late.Message);
        }

        await clients.StopAsync();
        var (lost, ends, twice) = await clients.LookAsync();
        var sorted = recoveries.Order().ToArray();
        Console.WriteLine(
            $"{done} nodes {(freezes ? "frozen for 10 s" : "killed")} in {limit.Elapsed.TotalSeconds:0} s, {clients.Heard.Count} turns acknowledged ({clients.Ends.Completed} completed, {clients.Ends.BrokenOff} broken off): "
            + $"{lost} messages lost, {ends} turns without exactly one end or with a gap, {twice} asked of the model twice, {left} processes left, {clients.Refusals.Count} refusals; "
            + $"a thread's next turn had begun after {At(sorted, 0.5)} ms (median), {At(sorted, 0.99)} (p99), {At(sorted, 1)} (worst)");
        Tell(clients);
        return lost + ends + twice + left + clients.Refusals.Count == 0 && done >= kills ? 0 : 1;
    }

    /// <summary>Stops and starts each node in turn, again and again.</summary>
    /// <returns>0 when no turn failed.</returns>
    public static async Task<int> RollingAsync(int rounds, TimeLimit limit)
    {
        await using var cluster = await GatewayCluster.StartAsync(Nodes, CancellationToken.None);
        await using var clients = new ClusterClients(cluster, Clients, Patience);
        await clients.StartAsync(Words);
        await clients.RecoveredAsync(Stopwatch.GetTimestamp(), RecoveryLimit);
        var stops = 0;
        for (; stops < rounds * Nodes && !limit.IsOver; stops++)
        {
            await cluster.StopAsync(stops % Nodes, CancellationToken.None);
            await cluster.StartNodeAsync(stops % Nodes, CancellationToken.None);
            await cluster.WaitForNodesAsync(CancellationToken.None);
        }

        await clients.StopAsync();
        var (lost, ends, twice) = await clients.LookAsync();
        Console.WriteLine(
            $"{stops} restarts in turn in {limit.Elapsed.TotalSeconds:0} s, {clients.Heard.Count} turns acknowledged: {clients.Ends.BrokenOff} failed, {clients.Refusals.Count} refusals, "
            + $"{lost} messages lost, {ends} without exactly one end, {twice} asked twice; connections that broke and were tried again elsewhere: {clients.Broken}; "
            + $"processes found: {Acquires(clients)}");
        Tell(clients);
        return lost + ends + twice + clients.Ends.BrokenOff + clients.Refusals.Count == 0 && stops >= rounds * Nodes ? 0 : 1;
    }

    /// <summary>Many threads, each turn through a random node.</summary>
    /// <returns>0 when at least 95 of 100 turns after each thread's first reached its live process.</returns>
    public static async Task<int> PlacementAsync(int turns, TimeLimit limit)
    {
        await using var cluster = await GatewayCluster.StartAsync(Nodes, CancellationToken.None, "--Pilotlight:Pool:MinIdle=2");
        await using var clients = new ClusterClients(cluster, 24, TimeSpan.FromSeconds(30));
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
            $"{clients.Heard.Count} turns of 24 threads through random nodes in {limit.Elapsed.TotalSeconds:0} s: {hot} of {later.Length} after the first found their live process ({share:0.0} %); threads by node: "
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
        using var made = await node.Http.PostAsJsonAsync("/api/keys", new { name = "one", isAdmin = true, limits = new { tokensPerDay = cap } });
        var key = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
        var threads = new string[requests];
        foreach (var one in cluster.Nodes)
        {
            one.Http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

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
