using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Turns that are stopped at random moments: by a cancel, and on the compatible API by leaving.</summary>
internal static class Cancels
{
    private const int Clients = 12;
    private const int LeaveOneIn = 40;

    // What was said before a cancel stays in the thread: one for all would come to be a matter of its length.
    private const int CancelsPerThread = 50;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);

    /// <returns>0 when afterwards no process is leased beyond those that hold a conversation, and no turn is counted as running.</returns>
    public static async Task<int> RunAsync(int cancels, TimeLimit limit)
    {
        await using var rig = await GatewayRig.CreateAsync();
        await using var gateway = await rig.StartAsync("--Pilotlight:Sessions:IdleTimeout=00:00:02", "--Pilotlight:Pool:MaxProcesses=16");
        var (made, native, left) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(ClientAsync));

        // Conversations that were kept give their processes up when they have been idle.
        var settled = new TimeLimit(SettleLimit);
        while ((left = await LeasedAsync(gateway)) > 0 && !settled.IsOver)
        {
            await Task.Delay(100);
        }

        var gauge = (await gateway.Http.GetStringAsync("/metrics")).Split('\n').Last(line => line.StartsWith("pilotlight_gateway_turns_running", StringComparison.Ordinal));
        var isQuiet = gauge.EndsWith(" 0", StringComparison.Ordinal);
        Console.WriteLine($"{made} cancels ({native} by request, the rest by leaving) in {limit.Elapsed.TotalSeconds:0} s: {left} leases left, {(isQuiet ? "no turn" : "turns")} counted as running");
        return left == 0 && isQuiet && made >= cancels ? 0 : 1;

        async Task ClientAsync(int seed)
        {
            var random = new Random(seed);
            var thread = "";
            for (var at = 0; Volatile.Read(ref made) < cancels && !limit.IsOver; at++)
            {
                thread = at % CancelsPerThread == 0 ? await gateway.CreateThreadAsync(CancellationToken.None) : thread;

                // Who leaves ends a process, which costs a start; who cancels keeps it.
                if (random.Next(LeaveOneIn) != 0)
                {
                    await CancelAsync(thread, random.Next(0, 4));
                    Interlocked.Increment(ref native);
                }
                else
                {
                    await LeaveAsync(random.Next(0, 120));
                }

                Interlocked.Increment(ref made);
            }
        }

        async Task CancelAsync(string thread, int afterEvents)
        {
            var turn = "";
            await foreach (var item in gateway.TurnAsync(thread, "[[sim words=500 rate=100]]", CancellationToken.None))
            {
                turn = item.Type == "turn.started" ? item.Data.GetProperty("turnId").GetString()! : turn;
                if (item.Id == afterEvents + 1 && turn.Length > 0)
                {
                    using var cancelled = await gateway.Http.PostAsync($"/api/threads/{thread}/turns/{turn}/cancel", null);
                }
            }
        }

        async Task LeaveAsync(int afterMs)
        {
            using var leaving = new CancellationTokenSource(afterMs);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = JsonContent.Create(new { model = "sonnet", stream = true, messages = new[] { new { role = "user", content = "[[sim words=500 rate=100]]" } } }),
                };
                using var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
                await response.Content.CopyToAsync(Stream.Null, leaving.Token);
            }
            catch (OperationCanceledException) when (leaving.IsCancellationRequested)
            {
                // Left.
            }
        }
    }

    private static async Task<int> LeasedAsync(GatewayProcess gateway) =>
        (await gateway.GetAsync("/api/pool", CancellationToken.None)).GetProperty("profiles").EnumerateArray().Sum((JsonElement profile) => profile.GetProperty("leased").GetInt32());
}
