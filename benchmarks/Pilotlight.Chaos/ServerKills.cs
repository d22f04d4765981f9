using System.Collections.Concurrent;
using System.Net.Http.Json;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Kills the server under load and looks at what became of every turn that a client had been told of.</summary>
internal static class ServerKills
{
    private const int Clients = 4;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);

    /// <returns>0 when every acknowledged message is there, every turn has one end, and the model was asked for each at most once.</returns>
    public static async Task<int> RunAsync(int kills, string? postgres, TimeLimit limit)
    {
        var random = new Random(20261124);
        await using var rig = await GatewayRig.CreateAsync(postgres);
        var (done, acknowledged, lost, ends, twice, interrupted) = (0, 0, 0, 0, 0, 0);
        for (; done < kills && !limit.IsOver; done++)
        {
            var heard = new ConcurrentBag<Heard>();
            await using (var gateway = await rig.StartAsync("--Pilotlight:Pool:MinIdle=2"))
            {
                await gateway.WaitForWarmthAsync(CancellationToken.None);
                var talking = Enumerable.Range(0, Clients).Select(_ => TalkAsync(gateway, heard)).ToArray();
                await Task.Delay(random.Next(200, 2500));
                await gateway.KillAsync();
                await Task.WhenAll(talking);
            }

            acknowledged += heard.Count;
            await using var next = await rig.StartAsync("--Pilotlight:Pool:MinIdle=1");
            foreach (var turn in heard)
            {
                var messages = (await next.GetAsync($"/api/threads/{turn.Thread}/messages", CancellationToken.None)).GetProperty("items").EnumerateArray();
                lost += messages.Any(message => message.GetProperty("text").GetString() == turn.Text) ? 0 : 1;

                // Those only accepted run now; the others have ended with the server.
                using var settled = new CancellationTokenSource(SettleLimit);
                var events = await next.JoinAsync(turn.Thread, turn.Turn, 0, settled.Token).ToListAsync(settled.Token);
                var last = events.Count(item => item.Type is "turn.completed" or "turn.failed" or "turn.cancelled");
                ends += last == 1 && events[^1].Type.StartsWith("turn.", StringComparison.Ordinal) ? 0 : 1;
                interrupted += events[^1].Type == "turn.failed" ? 1 : 0;
                twice += rig.Simulator.MessageRequests.Count(request => request.LastUserText == turn.Text) > 1 ? 1 : 0;
            }
        }

        Console.WriteLine(
            $"{done} kills on {(postgres is null ? "SQLite" : "PostgreSQL")} in {limit.Elapsed.TotalSeconds:0} s: {acknowledged} acknowledged turns, "
            + $"{lost} messages lost, {ends} turns without exactly one end, {twice} asked of the model twice, {interrupted} broken off by a kill");
        return lost + ends + twice == 0 && done >= kills ? 0 : 1;
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
}
