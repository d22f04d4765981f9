using System.Collections.Concurrent;
using System.Diagnostics;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>What a stream of a cluster costs through another node than its own, and how much more nodes do.</summary>
internal static class ClusterStreams
{
    private const int Nodes = 3;

    /// <summary>Turns of one thread through its own node and another in turn, and a turn's events as they come to both.</summary>
    /// <returns>0 when the first word through another node came within 3 ms more, in the median.</returns>
    public static async Task<int> CostAsync(int turns, TimeLimit limit)
    {
        const int Practice = 50;
        await using var cluster = await GatewayCluster.StartAsync(Nodes, CancellationToken.None);
        var owner = "";
        var thread = await cluster[0].CreateThreadAsync(CancellationToken.None);
        await cluster[0].TurnAsync(thread, "hi", CancellationToken.None, response => owner = response.Headers.GetValues("x-pilotlight-node").Single()).ToListAsync();
        var own = cluster.Find(owner);
        var (first, later) = (new List<double>[] { [], [] }, new List<double>());
        for (var turn = -Practice; turn < turns && !limit.IsOver; turn++)
        {
            var (way, at, startedAt) = (Math.Abs(turn % 2), (own + Math.Abs(turn % 2)) % Nodes, Stopwatch.GetTimestamp());
            var came = new ConcurrentDictionary<long, long>();
            var (following, hasSpoken) = (Task.CompletedTask, false);
            await foreach (var item in cluster[at].TurnAsync(thread, "[[sim words=20 rate=200]]", CancellationToken.None))
            {
                var now = Stopwatch.GetTimestamp();
                if (item.Type == "text.delta" && !hasSpoken)
                {
                    hasSpoken = true;
                    (turn < 0 ? [] : first[way]).Add(Stopwatch.GetElapsedTime(startedAt, now).TotalMilliseconds);
                }

                // From its first event on, somebody follows it through the other of the two.
                came[item.Id] = now;
                if (item.Id == 1)
                {
                    var other = way == 0 ? (own + 1) % Nodes : own;
                    following = FollowAsync(other, item.Data.GetProperty("turnId").GetString()!);
                }

                async Task FollowAsync(int node, string turnId)
                {
                    await foreach (var seen in cluster[node].JoinAsync(thread, turnId, 1, CancellationToken.None))
                    {
                        var at = Stopwatch.GetTimestamp();
                        while (!came.ContainsKey(seen.Id))
                        {
                            await Task.Delay(1);
                        }

                        if (turn >= 0 && seen.Id > 3)
                        {
                            var ahead = (at - came[seen.Id]) * 1000.0 / Stopwatch.Frequency;
                            later.Add(way == 0 ? ahead : -ahead);
                        }
                    }
                }
            }

            await following;
        }

        Console.WriteLine(
            $"{first[0].Count} and {first[1].Count} hot turns in turn: first word through its own node {At(first[0], 0.5)} ms (p50), {At(first[0], 0.99)} (p99), through another {At(first[1], 0.5)}, {At(first[1], 0.99)}; "
            + $"{later.Count} events of the same turns came through another node later by {At(later, 0.5)} ms (p50), {At(later, 0.99)} (p99)");
        return first[0].Count > 0 && Quantile(first[1], 0.5) - Quantile(first[0], 0.5) <= 3 ? 0 : 1;
    }

    /// <summary>Short turns of as many clients as are never idle, through one, two and three nodes.</summary>
    public static async Task<int> ThroughputAsync(int seconds, TimeLimit limit)
    {
        const int Talking = 8;
        var rates = new List<double>();
        for (var nodes = 1; nodes <= Nodes && !limit.IsOver; nodes++)
        {
            await using var cluster = await GatewayCluster.StartAsync(nodes, CancellationToken.None);
            await using var clients = new ClusterClients(cluster, Talking, TimeSpan.FromSeconds(30));
            await clients.StartAsync("[[sim words=5 rate=1000]]");
            await clients.RecoveredAsync(Stopwatch.GetTimestamp(), TimeSpan.FromMinutes(2));
            var (before, since) = (clients.Ends.Completed, Stopwatch.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            rates.Add((clients.Ends.Completed - before) / Stopwatch.GetElapsedTime(since).TotalSeconds);
            await clients.StopAsync();
            Console.WriteLine($"{nodes} nodes, {Talking} clients for {seconds} s: {rates[^1]:0.0} turns a second ({rates[^1] / rates[0]:0.00}x of one node), {clients.Ends.BrokenOff} broken off, {clients.Refusals.Count} refusals");
        }

        return rates.Count == Nodes ? 0 : 1;
    }

    private static string At(List<double> values, double share) =>
        values.Count == 0 ? "-" : Quantile(values, share).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture);

    private static double Quantile(List<double> values, double share) => values.Order().ElementAt((int)Math.Min(values.Count - 1, share * values.Count));
}
