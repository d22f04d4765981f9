using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Clients that leave at random moments and come back with their last event's id.</summary>
internal static class ClientCuts
{
    private const int Words = 60;
    private const int Clients = 6;

    /// <returns>0 when no client saw a gap, a repeat, or another text than the whole one.</returns>
    public static async Task<int> RunAsync(int cuts, TimeLimit limit)
    {
        await using var rig = await GatewayRig.CreateAsync();
        await using var gateway = await rig.StartAsync("--Pilotlight:Relay:BatchDelay=00:00:00.005");
        var (made, gaps, wrong, turns) = (0, 0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(ClientAsync));
        Console.WriteLine($"{made} cuts in {turns} turns in {limit.Elapsed.TotalSeconds:0} s: {gaps} gaps or repeats, {wrong} texts that were not whole");
        return gaps + wrong == 0 && made >= cuts ? 0 : 1;

        async Task ClientAsync(int seed)
        {
            var random = new Random(seed);
            var thread = await gateway.CreateThreadAsync(CancellationToken.None);
            while (Volatile.Read(ref made) < cuts && !limit.IsOver)
            {
                var seen = new List<ClientEvent>();
                var events = gateway.TurnAsync(thread, $"[[sim words={Words} rate=300]] {Guid.NewGuid()}", CancellationToken.None);
                while (!await ReadSomeAsync(events, seen, random.Next(1, 14)))
                {
                    Interlocked.Increment(ref made);
                    events = gateway.JoinAsync(thread, seen[0].Data.GetProperty("turnId").GetString()!, seen[^1].Id, CancellationToken.None);
                }

                Interlocked.Increment(ref turns);
                Interlocked.Add(ref gaps, seen.Where((item, at) => item.Id != at + 1).Any() ? 1 : 0);
                Interlocked.Add(ref wrong, TextOf(seen) == TextOf(Words) && seen[^1].Type == "turn.completed" ? 0 : 1);
            }
        }
    }

    /// <summary>What a stream said.</summary>
    public static string TextOf(IEnumerable<ClientEvent> events) =>
        string.Concat(events.Where(item => item.Type == "text.delta").Select(item => item.Data.GetProperty("text").GetString()));

    /// <summary>What the simulator says in so many words.</summary>
    public static string TextOf(int words) => string.Join(' ', Enumerable.Range(1, words).Select(n => $"word{n}"));

    /// <summary>Reads so many events, and leaves: that cuts the connection. Returns whether the turn's end was among them.</summary>
    public static async Task<bool> ReadSomeAsync(IAsyncEnumerable<ClientEvent> events, List<ClientEvent> seen, int count)
    {
        await foreach (var item in events)
        {
            seen.Add(item);
            if (item.Type is "turn.completed" or "turn.failed" or "turn.cancelled")
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
