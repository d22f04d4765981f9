using System.Globalization;
using Pilotlight.Chaos;

// kill-host [--runs N] [--cli PATH]: kills a host at random moments and looks for what it leaves behind.
// descriptors [--runs N], mass-death [--runs N], crash-loop [--minutes N], drain: the pool's promises about faults.
// host …: what is killed; not for people.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

switch (args.FirstOrDefault())
{
    case "kill-host":
        return await HostKiller.RunAsync(int.Parse(Option("--runs") ?? "50", CultureInfo.InvariantCulture), Option("--cli"));
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
        await VictimHost.RunCliAsync(args[1], args[2], args[3]);
        return 0;
    default:
        Console.Error.WriteLine("Usage: chaos kill-host [--runs N] [--cli PATH-OF-CLAUDE] | descriptors [--runs N] | mass-death [--runs N] | crash-loop [--minutes N] | drain");
        return 2;
}
