using System.Globalization;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Who takes part in a turn goes away at a random moment of it: the client, its connection, the CLI's process, the server.</summary>
internal static class Vanishings
{
    private const int TurnsPerRound = 8;
    private const int LongestMs = 2500;

    // So long after the simulator's last word a server has read it; a server that is killed sooner loses what is on its way to it.
    private static readonly TimeSpan ReadingTime = TimeSpan.FromMilliseconds(500);

    private static readonly string[] Parts = ["client", "connection", "CLI process", "server", "server that has read all"];
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);

    /// <returns>0 when nothing is reserved afterwards, no turn is stored as running, and what was booked is what the simulator told, to the token.</returns>
    public static async Task<int> RunAsync(int turns, bool isPostgres, TimeLimit limit)
    {
        await using var cluster = isPostgres ? await PostgreSqlCluster.StartAsync(CancellationToken.None) : null;
        await using var rig = await GatewayRig.CreateAsync(cluster is null ? null : await cluster.CreateDatabaseAsync(CancellationToken.None));
        Callers.Script(rig.Simulator);
        var (random, books) = (new Random(20261126), new Books(rig));
        var tallies = Parts.ToDictionary(part => part, _ => new Tally());
        var gateway = await StartAsync();
        try
        {
            string[] threads = [];
            for (var done = 0; done < turns && !limit.IsOver; done += TurnsPerRound)
            {
                var (round, part) = (done / TurnsPerRound, Parts[done / TurnsPerRound % Parts.Length]);
                if (round % (Parts.Length * 5) == 0)
                {
                    // New ones now and then: what was said before a cancel stays in a thread.
                    threads = await Task.WhenAll(Enumerable.Range(0, TurnsPerRound).Select(_ => gateway.CreateThreadAsync(CancellationToken.None)));
                }

                var asking = threads.Select((thread, at) => AskAsync(gateway, part, Callers.Nth(at + round), thread, random.Next(0, LongestMs), random.Next(0, 600))).ToArray();
                if (part == "CLI process")
                {
                    await KillCliAsync(gateway, random);
                }
                else if (part.StartsWith("server", StringComparison.Ordinal))
                {
                    await Task.Delay(random.Next(200, LongestMs));
                    using (part == "server" ? null : rig.Simulator.HoldUsage())
                    {
                        await Task.Delay(part == "server" ? TimeSpan.Zero : ReadingTime);
                        await gateway.KillAsync();
                    }

                    await Task.WhenAll(asking);
                    await gateway.DisposeAsync();
                    gateway = await StartAsync();
                }

                await Task.WhenAll(asking);
                var (_, leases, running) = await books.SettleAsync(SettleLimit);
                var (told, booked) = await books.NextAsync(gateway);
                tallies[part].Add(told, booked, leases, running);
                if (told != booked || leases + running > 0)
                {
                    Console.WriteLine($"round {round}, {part}: told {told}, booked {booked}, {leases} reserved, {running} running");
                }
            }
        }
        finally
        {
            await gateway.DisposeAsync();
        }

        Console.WriteLine($"{(isPostgres ? "PostgreSQL" : "SQLite")}: who vanished | rounds of {TurnsPerRound} turns | tokens told | tokens booked | lost | in rounds | too much | reservations left | turns left");
        foreach (var (part, tally) in tallies)
        {
            Console.WriteLine(tally.Line(part));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{limit.Elapsed.TotalSeconds:0} s"));
        return tallies.Values.All(tally => tally.IsSound) && tallies.Values.Sum(tally => tally.Rounds) * TurnsPerRound >= turns ? 0 : 1;

        // A turn that nobody follows any more is stopped soon.
        async Task<GatewayProcess> StartAsync() =>
            await rig.StartAsync("--Pilotlight:Pool:MaxProcesses=12", "--Pilotlight:Relay:UnwatchedTimeout=00:00:01", "--Pilotlight:Sessions:IdleTimeout=00:00:20");
    }

    private static async Task AskAsync(GatewayProcess gateway, string part, Api api, string thread, int vanishesAfterMs, int beginsAfterMs)
    {
        await Task.Delay(beginsAfterMs);
        switch (part)
        {
            case "client":
                using (var leaving = new CancellationTokenSource(vanishesAfterMs))
                {
                    await Callers.AskAsync(gateway, api, thread, leaving.Token);
                }

                break;
            case "connection":
                await Callers.AskAndResetAsync(gateway, api, thread, TimeSpan.FromMilliseconds(vanishesAfterMs));
                break;
            default:
                await Callers.AskAsync(gateway, api, thread, CancellationToken.None);
                break;
        }
    }

    private static async Task KillCliAsync(GatewayProcess gateway, Random random)
    {
        for (var kill = 0; kill < 3; kill++)
        {
            await Task.Delay(random.Next(100, LongestMs / 3));
            int[] alive = [.. MarkedProcesses.OwnedBy(gateway.Id).Where(CliCrashes.IsCli)];
            if (alive.Length > 0)
            {
                CliCrashes.TryKill(alive[random.Next(alive.Length)]);
            }
        }
    }

    private sealed class Tally
    {
        private Tokens _told;
        private Tokens _booked;
        private Tokens _lost;
        private Tokens _excess;
        private int _lossy;
        private long _leases;
        private long _running;

        public int Rounds { get; private set; }

        public bool IsSound => Rounds == 0 || (_told == _booked && _lossy == 0 && _excess.IsNone && _leases + _running == 0);

        public void Add(Tokens told, Tokens booked, long leases, long running)
        {
            var lost = AboveNone(told - booked);
            Rounds++;
            (_told, _booked, _lost, _excess) = (_told + told, _booked + booked, _lost + lost, _excess + AboveNone(booked - told));
            _lossy += lost.IsNone ? 0 : 1;
            (_leases, _running) = (_leases + leases, _running + running);
        }

        public string Line(string part) => $"{part} | {Rounds} | {_told} | {_booked} | {_lost} | {_lossy} | {_excess} | {_leases} | {_running}";

        private static Tokens AboveNone(Tokens tokens) =>
            new(Math.Max(0, tokens.Input), Math.Max(0, tokens.Output), Math.Max(0, tokens.CacheRead), Math.Max(0, tokens.CacheWrite));
    }
}
