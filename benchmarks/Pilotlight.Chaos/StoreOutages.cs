using System.Globalization;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>The database goes away at random moments of turns on both kinds of API, and comes back.</summary>
internal static class StoreOutages
{
    private const int TurnsPerRound = 6;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    /// <returns>
    /// 0 when after each outage every acknowledged turn had exactly one end within 10 s, no thread was busy, nothing was reserved, and
    /// what was booked is what the simulator told, to the token.
    /// </returns>
    public static async Task<int> RunAsync(int turns, bool isPostgres, TimeLimit limit)
    {
        await using var cluster = isPostgres ? await PostgreSqlCluster.StartAsync(CancellationToken.None, flushes: true) : null;
        using var disk = isPostgres ? null : new SmallDisk();
        await using var rig = await GatewayRig.CreateAsync(
            cluster is null ? null : await cluster.CreateDatabaseAsync(CancellationToken.None), disk is null ? null : Path.Combine(disk.Folder, "pilotlight.db"));
        Callers.Script(rig.Simulator);
        await using var gateway = await rig.StartAsync("--Pilotlight:Pool:MaxProcesses=12");
        IOutage[] outages = cluster is not null
            ? [new StoppedPostgreSql(cluster, isCrash: false), new StoppedPostgreSql(cluster, isCrash: true)]
            : [new LockedSqlite(rig), new FullDisk(rig, disk!)];
        var rounds = outages.ToDictionary(outage => outage.Name, _ => new Tally());
        var (random, books) = (new Random(20261126), new Books(rig));
        var threads = await Task.WhenAll(Enumerable.Range(0, TurnsPerRound).Select(_ => gateway.CreateThreadAsync(CancellationToken.None)));

        // What is measured from here on is the store, not the starts of processes.
        await Task.WhenAll(threads.Select((thread, at) => Callers.AskAsync(gateway, Callers.Nth(at), thread, CancellationToken.None)));
        var (_, left, _) = await books.SettleAsync(EndLimit);
        var (told, booked) = await books.NextAsync(gateway);
        Console.WriteLine($"without an outage: told {told}, booked {booked}, {left} reserved");
        for (var done = 0; done < turns && !limit.IsOver; done += TurnsPerRound)
        {
            var outage = outages[done / TurnsPerRound % outages.Length];
            await RoundAsync(gateway, outage, threads, random, books, rounds[outage.Name]);
        }

        Console.WriteLine("outage | rounds | asked | acknowledged | refused | busy | without exactly one end in 10 s | reservations left | slowest end | told − booked (input/output/cache read/cache write)");
        foreach (var (name, tally) in rounds)
        {
            Console.WriteLine(tally.Line(name));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{limit.Elapsed.TotalSeconds:0} s"));
        return rounds.Values.All(tally => tally.IsSound) && rounds.Values.Sum(tally => tally.Asked) >= turns ? 0 : 1;
    }

    private static async Task RoundAsync(GatewayProcess gateway, IOutage outage, string[] threads, Random random, Books books, Tally tally)
    {
        // Some begin before the outage, some in it.
        var moments = threads.Select(_ => random.Next(0, 2500)).ToArray();
        var (away, back) = (random.Next(200, 2000), random.Next(300, 4000));
        var asking = threads.Select((thread, at) => AskAsync(at, thread)).ToArray();
        await Task.Delay(away);
        await outage.BeginAsync();
        await Task.Delay(back);
        await outage.EndAsync();

        var sinceBack = new TimeLimit(EndLimit);
        using var late = new CancellationTokenSource(EndLimit);
        var answers = await Task.WhenAll(asking);
        var ends = await Task.WhenAll(answers.Where(answer => answer.Turn is not null).Select(answer => EndsAsync(answer.Thread, answer.Turn!)));
        var (_, leases, running) = await books.SettleAsync(EndLimit - sinceBack.Elapsed);
        tally.Slowest = sinceBack.Elapsed > tally.Slowest ? sinceBack.Elapsed : tally.Slowest;
        var (told, booked) = await books.NextAsync(gateway);
        tally.Rounds++;
        tally.Asked += answers.Length;
        tally.Acknowledged += answers.Count(answer => answer.Status is 200 or 201);
        tally.Refused += answers.Count(answer => answer.Status is 503);
        tally.Busy += answers.Count(answer => answer.Status is 409) + running;
        tally.BadEnds += ends.Count(count => count != 1);
        tally.Leases += leases;
        tally.Differences += told != booked ? 1 : 0;
        tally.Difference += told - booked;
        if (told != booked || leases + running > 0 || ends.Any(count => count != 1) || answers.Any(answer => answer.Status is not (200 or 201 or 503)))
        {
            Console.WriteLine(
                $"round {tally.Rounds}, {outage.Name}, away after {away} ms for {back} ms: told {told}, booked {booked}, {leases} reserved, {running} running, ends {string.Join(',', ends)}, "
                + $"answers {string.Join(' ', answers.Zip(moments, (answer, moment) => $"{answer.Api}@{moment}:{answer.Status}"))}");
        }

        async Task<(Api Api, string Thread, int Status, string? Turn)> AskAsync(int at, string thread)
        {
            await Task.Delay(moments[at]);
            var api = at % 2 == 0 ? Api.Native : at == 1 ? Api.Whole : Api.Streamed;
            var (status, turn) = await Callers.AskAsync(gateway, api, thread, CancellationToken.None);
            return (api, thread, status, turn);
        }

        async Task<int> EndsAsync(string thread, string turn)
        {
            try
            {
                var events = await gateway.JoinAsync(thread, turn, 0, late.Token).ToListAsync(late.Token);
                return events.Count(item => item.IsEnd);
            }
            catch (OperationCanceledException)
            {
                return 0;
            }
        }
    }

    private sealed class Tally
    {
        public int Rounds { get; set; }

        public int Asked { get; set; }

        public int Acknowledged { get; set; }

        public int Refused { get; set; }

        public long Busy { get; set; }

        public int BadEnds { get; set; }

        public long Leases { get; set; }

        public int Differences { get; set; }

        public Tokens Difference { get; set; }

        public TimeSpan Slowest { get; set; }

        public bool IsSound => Busy + BadEnds + Leases + Differences == 0 && Acknowledged > 0;

        public string Line(string name) => string.Create(
            CultureInfo.InvariantCulture,
            $"{name} | {Rounds} | {Asked} | {Acknowledged} | {Refused} | {Busy} | {BadEnds} | {Leases} | {Slowest.TotalSeconds:0.0} s | {Difference}, in {Differences} rounds");
    }
}
