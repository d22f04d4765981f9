using System.Globalization;
using Pilotlight.Chaos;

// kill-host [--runs N] [--cli PATH [--walls]]: kills a host at random moments and looks for what it leaves behind.
// descriptors [--runs N], mass-death [--runs N], crash-loop [--minutes N], drain: the pool's promises about faults.
// stream-cuts [--runs STREAMS] [--only responses|agui|ui]: streams of each kind that are cut and resumed have every event once.
// cuts, server-kills [--postgres CONNECTION|auto], cancels, slow-clients, cli-crashes [--runs N] [--minutes N]: the gateway's promises.
// approvals [--postgres auto] [--runs N] [--minutes N]: no tool runs without a yes or twice, no wait is lost.
// store-outage, vanishing [--postgres auto] [--runs N] [--minutes N]: every turn ends once and is paid once, whatever goes away.
// budget [--postgres auto] [--runs TURNS]: agent turns of twenty calls at once spend no more than their key may.
// cluster-kills [--mode kill|stop|cut|cut-database], cluster-rolling [--older PATH-OF-ANOTHER-BUILD], cluster-placement, cluster-budget, cluster-cuts, cluster-cost,
// cluster-throughput, each with [--runs N] [--minutes N]: three nodes as one.
// A signal to end is the end of a command's time: it reports what was done, and leaves nothing running.
// host …: what is killed; not for people.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

int Count(int otherwise) => int.Parse(Option("--runs") ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
using var limit = new TimeLimit(TimeSpan.FromMinutes(double.Parse(Option("--minutes") ?? "60", CultureInfo.InvariantCulture)));

switch (args.FirstOrDefault())
{
    case "cuts":
        return await ClientCuts.RunAsync(Count(1000), limit);
    case "stream-cuts":
        return await StreamCuts.RunAsync(Count(500), Option("--only"), limit);
    case "server-kills":
        return await ServerKills.RunAsync(Count(200), Option("--postgres"), limit);
    case "cancels":
        return await Cancels.RunAsync(Count(10_000), limit);
    case "slow-clients":
        return await SlowClients.RunAsync(Count(300));
    case "cli-crashes":
        return await CliCrashes.RunAsync(Count(1000), limit);
    case "store-outage":
        return await StoreOutages.RunAsync(Count(300), Option("--postgres") is not null, limit);
    case "vanishing":
        return await Vanishings.RunAsync(Count(2000), Option("--postgres") is not null, limit);
    case "budget":
        return await Budgets.RunAsync(Count(64), Option("--postgres") is not null, limit);
    case "approvals":
        return await Approvals.RunAsync(Count(1000), Option("--postgres") is not null, limit);
    case "cluster-kills":
        return await ClusterFaults.FaultsAsync(Enum.Parse<NodeFault>((Option("--mode") ?? "kill").Replace("-", "", StringComparison.Ordinal), ignoreCase: true), Count(200), limit);
    case "cluster-rolling":
        return await ClusterFaults.RollingAsync(Count(5), Option("--older"), limit);
    case "cluster-cuts":
        return await ClientCuts.RunClusterAsync(Count(1000), limit);
    case "cluster-cost":
        return await ClusterStreams.CostAsync(Count(400), limit);
    case "cluster-throughput":
        return await ClusterStreams.ThroughputAsync(Count(30), limit);
    case "cluster-placement":
        return await ClusterFaults.PlacementAsync(Count(1000), limit);
    case "cluster-budget":
        return await ClusterFaults.BudgetAsync(Count(1000));
    case "kill-host":
        return await HostKiller.RunAsync(int.Parse(Option("--runs") ?? "50", CultureInfo.InvariantCulture), Option("--cli"), args.Contains("--walls"));
    case "descriptors":
        return await PoolFaults.DescriptorsAsync(int.Parse(Option("--runs") ?? "10000", CultureInfo.InvariantCulture));
    case "mass-death":
        return await PoolFaults.MassDeathAsync(int.Parse(Option("--runs") ?? "200", CultureInfo.InvariantCulture));
    case "crash-loop":
        return await PoolFaults.CrashLoopAsync(int.Parse(Option("--minutes") ?? "3", CultureInfo.InvariantCulture));
    case "drain":
        return await PoolFaults.DrainAsync();
    case "host" when args.Length == 1:
        await VictimHost.RunScriptedAsync();
        return 0;
    case "host":
        await VictimHost.RunCliAsync(args[1], args[2], args[3], args.Contains("--walls"));
        return 0;
    default:
        Console.Error.WriteLine("Usage: chaos kill-host [--runs N] [--cli PATH-OF-CLAUDE [--walls]] | descriptors [--runs N] | mass-death [--runs N] | crash-loop [--minutes N] | drain\n"
            + "       chaos cuts | stream-cuts [--only KIND] | server-kills [--postgres CONNECTION|auto] | cancels | slow-clients | cli-crashes, each with [--runs N] [--minutes N]\n"
            + "       chaos cluster-kills [--mode kill|stop|cut|cut-database] | cluster-rolling [--older PATH] | cluster-placement | cluster-budget | cluster-cuts | cluster-cost | cluster-throughput, each with [--runs N] [--minutes N]\n"
            + "       chaos store-outage | vanishing | budget | approvals, each with [--postgres auto] [--runs N] [--minutes N]");
        return 2;
}
