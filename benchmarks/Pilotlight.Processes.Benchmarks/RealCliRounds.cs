using System.Globalization;
using Pilotlight.Peers;
using Pilotlight.Simulator;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Processes.Benchmarks;

/// <summary>The same acquire on the real CLI after a while of idleness, in turn with the design we began from.</summary>
internal static class RealCliRounds
{
    public static async Task RunAsync(string cli, int rounds, TimeSpan idle)
    {
        await using var simulator = await SimulatorServer.StartAsync();
        var home = Directory.CreateTempSubdirectory("pilotlight-acquire-");
        var machine = new CliUnderTest(cli, simulator.BaseAddress.ToString().TrimEnd('/'), home.FullName);
        var (ours, theirs) = (new List<double>(), new List<double>());
        await using (var pilotlight = await PilotlightPeer.StartAsync(machine))
        await using (var seed = new SeedPool(machine))
        {
            for (var round = -1; round < rounds; round++)
            {
                var (our, their) = (await pilotlight.WarmAsync(idle), await seed.RunAsync(idle));
                if (round >= 0)
                {
                    ours.Add(our);
                    theirs.Add(their);
                }
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"the real CLI, {idle.TotalSeconds:0} s idle, {rounds} rounds, medians: acquire "
                + $"{pilotlight.AcquireMedian * 1000:0.0} µs with Pilotlight, {seed.AcquireMedian(idle) * 1000:0.0} µs with the "
                + $"seed's design (text mode, two in a queue, a look every 100 ms), whose process lived to be asked "
                + $"{seed.Survived(idle)} times of {rounds + 1}"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"first token {Quantiles.Median(ours):0} ms against {Quantiles.Median(theirs):0} ms: "
                + $"{Quantiles.Median(theirs) / Quantiles.Median(ours):0.0}x"));
        }

        home.Delete(recursive: true);
    }
}
