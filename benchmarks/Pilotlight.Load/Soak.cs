using System.Diagnostics;
using System.Globalization;
using Pilotlight.Tool.Client;

namespace Pilotlight.Load;

/// <summary>What a gateway holds when nobody asks anything of it.</summary>
internal sealed record Holdings(int Descriptors, int Threads, int Processes, int Zombies, double GatewayMiB, int Parked, int Starting, int Leased, int Hot)
{
    public static async Task<Holdings> OfAsync(ToolProcess gateway, CancellationToken cancellationToken)
    {
        var meter = new ProcessMeter(gateway.Id);
        using var client = Gateways.Open(gateway.Address);
        var pool = (await client.GetPoolAsync(cancellationToken)).Profiles;
        return new Holdings(
            meter.Descriptors(), meter.Threads(), meter.Descendants().Count, meter.Zombies(), meter.Memory().OwnMiB,
            pool.Sum(profile => profile.Parked), pool.Sum(profile => profile.Starting), pool.Sum(profile => profile.Leased), pool.Sum(profile => profile.Hot));
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Descriptors} descriptors, {Threads} threads, {Processes} processes below ({Zombies} zombies), {GatewayMiB:0} MiB; parked {Parked}, starting {Starting}, leased {Leased}, hot {Hot}");
}

/// <summary>Turns for an hour while processes are killed, clients leave and turns are cancelled; then a look at what is left of it.</summary>
internal static class Soak
{
    // Few hot sessions and a short patience with idle ones: evictions all the time.
    private static readonly string[] s_settings =
        ["--Pilotlight:Sessions:MaxHot=4", "--Pilotlight:Sessions:IdleTimeout=00:00:15", "--Pilotlight:Pool:MinIdle=2", "--Pilotlight:Pool:MaxIdle=2", "--Pilotlight:Pool:ShrinkDelay=00:00:02"];

    // What the runtime and Kestrel hold moves by a few between two quiet moments; a leak of one a turn would be hundreds.
    private const int MoreDescriptors = 8;
    private const int MoreThreads = 16;
    private const double MoreMiB = 96;

    /// <returns>0 when all came back to where it was and every turn ended once.</returns>
    public static async Task<int> RunAsync(string cli, TimeSpan length, int users, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-soak-");
        try
        {
            await using var model = await ToolProcess.SimulateAsync(realistic: false, cancellationToken);
            await using var gateway = await ToolProcess.ServeAsync(cli, model.Address, Path.Combine(folder.FullName, "data"), s_settings, cancellationToken);
            var counts = new SoakCounts();

            // The same work first, so that what is compared is a gateway at work, not one that has yet to load its code.
            await WorkAsync(gateway, users, TimeSpan.FromSeconds(Math.Min(60, Math.Max(20, length.TotalSeconds / 5))), new SoakCounts(), cancellationToken);
            var before = await QuietAsync(gateway, cancellationToken);
            Console.WriteLine($"before: {before}");
            await WorkAsync(gateway, users, length, counts, cancellationToken);
            var after = await QuietAsync(gateway, cancellationToken);
            Console.WriteLine($"after {length.TotalMinutes:0.#} minutes: {after}");
            Console.WriteLine(counts);
            var faults = Faults(before, after, counts).ToList();
            faults.ForEach(fault => Console.WriteLine("FAULT: " + fault));
            Console.WriteLine(faults.Count == 0 ? "All is back where it was." : $"{faults.Count} faults.");
            return faults.Count == 0 ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task WorkAsync(ToolProcess gateway, int users, TimeSpan length, SoakCounts counts, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(length);
        var work = Enumerable.Range(0, users).Select(user => new SoakUser(gateway.Address, user, counts).RunAsync(stop.Token))
            .Append(KillNowAndThenAsync(gateway, counts, stop.Token))
            .Append(TellAsync(gateway, counts, stop.Token));
        await Task.WhenAll(work);
    }

    private static async Task KillNowAndThenAsync(ToolProcess gateway, SoakCounts counts, CancellationToken cancellationToken)
    {
        var random = new Random(20261124);
        var meter = new ProcessMeter(gateway.Id);
        while (await WaitAsync(TimeSpan.FromSeconds(3 + (random.NextDouble() * 4)), cancellationToken))
        {
            if (meter.Cli() is { Count: > 0 } alive)
            {
                try
                {
                    using var victim = Process.GetProcessById(alive[random.Next(alive.Count)]);
                    victim.Kill();
                    counts.Count("processes killed");
                }
                catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
                {
                    // It had ended by itself.
                }
            }
        }
    }

    private static async Task TellAsync(ToolProcess gateway, SoakCounts counts, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (await WaitAsync(TimeSpan.FromSeconds(30), cancellationToken))
        {
            Console.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalMinutes,5:0.0} min: {await Holdings.OfAsync(gateway, CancellationToken.None)}; {counts}");
        }
    }

    // Idle sessions have been let go and the stock is full: the state that everything must come back to.
    private static async Task<Holdings> QuietAsync(ToolProcess gateway, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
            var now = await Holdings.OfAsync(gateway, cancellationToken);
            if (now is { Leased: 0, Hot: 0, Starting: 0, Parked: 2, Zombies: 0 } || Stopwatch.GetElapsedTime(since) > TimeSpan.FromMinutes(2))
            {
                return now;
            }
        }
    }

    private static IEnumerable<string> Faults(Holdings before, Holdings after, SoakCounts counts)
    {
        if (after is not { Leased: 0, Hot: 0, Starting: 0, Parked: 2, Zombies: 0 })
        {
            yield return $"the pool did not come to rest: {after}";
        }

        if (after.Descriptors > before.Descriptors + MoreDescriptors)
        {
            yield return $"descriptors went from {before.Descriptors} to {after.Descriptors}";
        }

        if (after.Threads > before.Threads + MoreThreads)
        {
            yield return $"threads went from {before.Threads} to {after.Threads}";
        }

        if (after.Processes != before.Processes)
        {
            yield return $"processes went from {before.Processes} to {after.Processes}";
        }

        if (after.GatewayMiB > before.GatewayMiB + MoreMiB)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"memory went from {before.GatewayMiB:0} to {after.GatewayMiB:0} MiB");
        }

        foreach (var broken in counts.Broken)
        {
            yield return broken;
        }

        if (counts.Of("completed") == 0)
        {
            yield return "no turn was completed";
        }
    }

    private static async Task<bool> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await Task.Delay(time, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        return !cancellationToken.IsCancellationRequested;
    }
}

/// <summary>What happened, by name. Safe for concurrent use.</summary>
internal sealed class SoakCounts
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _broken = [];

    /// <summary>Promises that were not kept, at most twenty of them.</summary>
    public IReadOnlyList<string> Broken
    {
        get
        {
            lock (_counts)
            {
                return [.. _broken];
            }
        }
    }

    public void Count(string name)
    {
        lock (_counts)
        {
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
        }
    }

    public int Of(string name)
    {
        lock (_counts)
        {
            return _counts.GetValueOrDefault(name);
        }
    }

    public void Break(string promise)
    {
        lock (_counts)
        {
            if (_broken.Count < 20)
            {
                _broken.Add(promise);
            }
        }
    }

    public override string ToString()
    {
        lock (_counts)
        {
            return string.Join(", ", _counts.Select(pair => $"{pair.Key} {pair.Value}"));
        }
    }
}
