using System.Diagnostics;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Load;

/// <summary>The gateway under more and more conversations at a time, on a model that speaks at a real one's pace.</summary>
internal static class LoadRun
{
    private static readonly string[] s_sized =
        ["--Pilotlight:Sessions:MaxHot=64", "--Pilotlight:Pool:MaxProcesses=96", "--Pilotlight:Pool:MinIdle=2", "--Pilotlight:Pool:MaxIdle=8"];

    /// <param name="shipped">Whether with the settings as they come, which keep 8 conversations hot; else with room for 64.</param>
    public static async Task<LoadReport> RunAsync(string cli, int to, TimeSpan window, bool shipped, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-load-");
        try
        {
            await using var model = await ToolProcess.SimulateAsync(realistic: true, cancellationToken);
            var steps = new List<LoadStep>();
            for (var users = 1; users <= to; users *= 2)
            {
                // A gateway for each step: none inherits the processes of the one before.
                await using var gateway = await ToolProcess.ServeAsync(
                    cli, model.Address, Path.Combine(folder.FullName, FormattableString.Invariant($"{users}")), shipped ? [] : s_sized, cancellationToken);
                steps.Add(await StepAsync(gateway, model, users, window, cancellationToken));
                Console.Error.WriteLine(steps[^1]);
            }

            return new LoadReport(await Machine.DescribeAsync(cli, cancellationToken), window, shipped, steps);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<LoadStep> StepAsync(ToolProcess gateway, ToolProcess model, int users, TimeSpan window, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        var (gatewayMeter, modelMeter) = (new ProcessMeter(gateway.Id), new ProcessMeter(model.Id));
        var seen = new List<TurnSeen>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // They come one after the other, as people do; from the last one's coming on, all counts.
        var coming = TimeSpan.FromSeconds(Math.Min(8, 1 + (users * 0.25)));
        var running = new List<Task>();
        for (var user = 0; user < users; user++)
        {
            running.Add(new VirtualUser(gateway.Address, user, seen).RunAsync(stop.Token));
            await Task.Delay(coming / users, cancellationToken);
        }

        var from = Stopwatch.GetTimestamp();
        var (gatewayCpu, modelCpu, ownCpu) = (gatewayMeter.Cpu(), modelMeter.Cpu(), Environment.CpuUsage.TotalTime);
        var memory = new List<(double OwnMiB, double ChildrenMiB, int Children)>();
        for (var sample = 0; sample < 3; sample++)
        {
            await Task.Delay(window / 3, cancellationToken);
            memory.Add(gatewayMeter.Memory());
        }

        var took = Stopwatch.GetElapsedTime(from).TotalSeconds;
        var (gatewayAfter, modelAfter, ownAfter) = (gatewayMeter.Cpu(), modelMeter.Cpu(), Environment.CpuUsage.TotalTime);
        await stop.CancelAsync();
        await Task.WhenAll(running);
        var counted = seen.Where(turn => turn.At >= from && Stopwatch.GetElapsedTime(from, turn.At).TotalSeconds <= took).ToList();
        var answered = counted.Where(turn => turn.Fault is null).ToList();
        return new LoadStep
        {
            Users = users,
            Turns = counted.Count,
            Failed = counted.Count - answered.Count,
            Faults = [.. counted.Select(turn => turn.Fault).OfType<string>().Distinct().Take(3)],
            TurnsPerSecond = answered.Count / took,
            FirstTokenMs = [.. answered.Select(turn => turn.FirstTokenMs)],
            Hot = Share("hot"),
            Warm = Share("warm"),
            Cold = Share("cold"),
            GatewayCores = (gatewayAfter.Own - gatewayCpu.Own) / took,
            CliCores = (gatewayAfter.Children - gatewayCpu.Children) / took,
            ModelCores = (modelAfter.Own - modelCpu.Own) / took,
            UserCores = (ownAfter - ownCpu).TotalSeconds / took,
            GatewayMiB = memory.Max(one => one.OwnMiB),
            CliMiB = memory.Max(one => one.ChildrenMiB),
            CliProcesses = memory.Max(one => one.Children),
        };

        double Share(string source) => answered.Count == 0 ? 0 : (double)answered.Count(turn => turn.Source == source) / answered.Count;
    }
}
