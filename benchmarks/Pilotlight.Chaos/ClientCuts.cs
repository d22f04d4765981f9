using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Clients that leave at random moments and come back with their last event's id.</summary>
internal static class ClientCuts
{
    private const int Words = 60;
    private const int Clients = 6;
    private const int Nodes = 3;
    private const string ShortBatches = "--Pilotlight:Relay:BatchDelay=00:00:00.005";

    /// <returns>0 when no client saw a gap, a repeat, or another text than the whole one.</returns>
    public static async Task<int> RunAsync(int cuts, TimeLimit limit)
    {
        await using var rig = await GatewayRig.CreateAsync();
        await using var gateway = await rig.StartAsync(ShortBatches);
        return await CutAsync([gateway], cuts, limit);
    }

    /// <summary>The same of a cluster's clients, who come back to another node each time.</summary>
    /// <returns>0 when no client saw a gap, a repeat, or another text than the whole one.</returns>
    public static async Task<int> RunClusterAsync(int cuts, TimeLimit limit)
    {
        await using var cluster = await GatewayCluster.StartAsync(Nodes, CancellationToken.None, ShortBatches);
        return await CutAsync([.. cluster.Nodes], cuts, limit);
    }

    private static async Task<int> CutAsync(GatewayProcess[] nodes, int cuts, TimeLimit limit)
    {
        var (made, gaps, wrong, turns) = (0, 0, 0, 0);
        var expected = string.Join(' ', Enumerable.Range(1, Words).Select(n => $"word{n}"));
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(ClientAsync));
        Console.WriteLine(
            $"{made} cuts{(nodes.Length > 1 ? ", each taken up through another node," : "")} in {turns} turns in {limit.Elapsed.TotalSeconds:0} s: {gaps} gaps or repeats, {wrong} texts that were not whole");
        return gaps + wrong == 0 && made >= cuts ? 0 : 1;

        async Task ClientAsync(int seed)
        {
            var (random, node) = (new Random(seed), seed % nodes.Length);
            var thread = await nodes[node].CreateThreadAsync(CancellationToken.None);
            while (Volatile.Read(ref made) < cuts && !limit.IsOver)
            {
                var seen = new List<ClientEvent>();
                var events = nodes[node].TurnAsync(thread, $"[[sim words={Words} rate=300]] {Guid.NewGuid()}", CancellationToken.None);
                while (!await ReadSomeAsync(events, seen, random.Next(1, 14)))
                {
                    Interlocked.Increment(ref made);
                    node = (node + random.Next(1, nodes.Length)) % nodes.Length;
                    events = nodes[node].JoinAsync(thread, seen[0].Data.GetProperty("turnId").GetString()!, seen[^1].Id, CancellationToken.None);
                }

                Interlocked.Increment(ref turns);
                Interlocked.Add(ref gaps, seen.Where((item, at) => item.Id != at + 1).Any() ? 1 : 0);
                Interlocked.Add(ref wrong, ClientEvent.TextOf(seen) == expected && seen[^1].Type == "turn.completed" ? 0 : 1);
            }
        }
    }

    // Whether the turn's end was among them; leaving the loop cuts the connection.
    private static async Task<bool> ReadSomeAsync(IAsyncEnumerable<ClientEvent> events, List<ClientEvent> seen, int count)
    {
        await foreach (var item in events)
        {
            seen.Add(item);
            if (item.IsEnd)
            {
                return true;
            }

            if (--count <= 0)
            {
                return false;
            }
        }

        return false;
    }
}
