using System.Collections.Concurrent;
using System.Net.Http.Json;
using Pilotlight.Core.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Kills the server under load and looks at what became of every turn that a client had been told of.</summary>
internal static class ServerKills
{
    private const int Clients = 4;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);

    /// <param name="kills">How many.</param>
    /// <param name="postgres">A connection string, <c>auto</c> for a cluster of its own, or null for SQLite.</param>
    /// <param name="limit">When to stop early.</param>
    /// <returns>0 when turns were acknowledged before the kills, every acknowledged message is there, every turn has one end, and the model was asked for each at most once.</returns>
    public static async Task<int> RunAsync(int kills, string? postgres, TimeLimit limit)
    {
        await using var cluster = postgres == "auto" ? await PostgreSqlCluster.StartAsync(CancellationToken.None) : null;
        await using var rig = await GatewayRig.CreateAsync(cluster is null ? postgres : await cluster.CreateDatabaseAsync(CancellationToken.None));
        var random = new Random(20261124);
        var (done, found) = (0, new Findings());
        var heard = new ConcurrentBag<Heard>();
        try
        {
            while (true)
            {
                // Each server first answers for the one before it, and is then killed itself.
                var isLast = done >= kills || limit.IsOver;
                await using var gateway = await rig.StartAsync("--Pilotlight:Pool:MinIdle=1");
                var before = heard;
                heard = [];
                var talking = isLast ? [] : Enumerable.Range(0, Clients).Select(_ => TalkAsync(gateway, heard)).ToArray();
                await Parallel.ForEachAsync(before, (turn, _) => LookAsync(gateway, rig, turn, found));
                if (isLast)
                {
                    break;
                }

                // A kill before anything was acknowledged would try nothing.
                while (heard.IsEmpty && !talking.All(client => client.IsCompleted))
                {
                    await Task.Delay(20);
                }

                await Task.Delay(random.Next(0, 1500));
                await gateway.KillAsync();
                await Task.WhenAll(talking);
                done++;
            }
        }
        finally
        {
            // Also when a server does not come back: what was seen until then.
            Console.WriteLine(
                $"{done} kills on {(postgres is null ? "SQLite" : "PostgreSQL")} in {limit.Elapsed.TotalSeconds:0} s: {found.Acknowledged} acknowledged turns, "
                + $"{found.Lost} messages lost, {found.Ends} turns without exactly one end, {found.Twice} asked of the model twice, {found.BrokenOff} broken off by a kill");
        }

        return found.Lost + found.Ends + found.Twice == 0 && found.Acknowledged >= done && done >= kills ? 0 : 1;
    }

    private static async ValueTask LookAsync(GatewayProcess gateway, GatewayRig rig, Heard turn, Findings found)
    {
        var messages = (await gateway.GetAsync($"/api/threads/{turn.Thread}/messages", CancellationToken.None)).GetProperty("items").EnumerateArray();
        var isThere = messages.Any(message => message.GetProperty("text").GetString() == turn.Text);

        // Those only accepted run now; the others have ended with the server.
        using var settled = new CancellationTokenSource(SettleLimit);
        var events = await gateway.JoinAsync(turn.Thread, turn.Turn, 0, settled.Token).ToListAsync(settled.Token);
        var ends = events.Count(item => item.IsEnd);
        found.Add(
            isLost: !isThere,
            hasOneEnd: ends == 1 && events[^1].IsEnd,
            isTwice: rig.Simulator.MessageRequests.Count(request => request.LastUserText == turn.Text) > 1,
            isBrokenOff: events.LastOrDefault()?.Type == "turn.failed");
    }

    private static async Task TalkAsync(GatewayProcess gateway, ConcurrentBag<Heard> heard)
    {
        try
        {
            var thread = await gateway.CreateThreadAsync(CancellationToken.None);
            while (true)
            {
                var text = $"[[sim words=40 rate=60]] {Guid.NewGuid()}";
                using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns") { Content = JsonContent.Create(new { text }) };
                using var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (response.IsSuccessStatusCode)
                {
                    // From these headers on the client holds the server to it.
                    heard.Add(new Heard(thread, response.Headers.GetValues("x-pilotlight-turn").Single(), text));
                }

                await response.Content.CopyToAsync(Stream.Null);
            }
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException or OperationCanceledException)
        {
            // The server was killed.
        }
    }

    private sealed record Heard(string Thread, string Turn, string Text);

    private sealed class Findings
    {
        private readonly Lock _lock = new();

        public int Acknowledged { get; private set; }

        public int Lost { get; private set; }

        public int Ends { get; private set; }

        public int Twice { get; private set; }

        public int BrokenOff { get; private set; }

        public void Add(bool isLost, bool hasOneEnd, bool isTwice, bool isBrokenOff)
        {
            lock (_lock)
            {
                Acknowledged++;
                Lost += isLost ? 1 : 0;
                Ends += hasOneEnd ? 0 : 1;
                Twice += isTwice ? 1 : 0;
                BrokenOff += isBrokenOff ? 1 : 0;
            }
        }
    }
}
