using System.Globalization;
using Pilotlight.Processes.Benchmarks;

// acquire [--runs N] [--cli PATH [--rounds N] [--idle SECONDS]]: the time from asking for a parked process to having it.
// freeze --cli PATH [--rounds N] [--idle SECONDS]: what freezing parked processes saves and costs.
// trace [FILE]: how the size of the stock follows a bursty trace, against fixed sizes and an oracle.
// make-trace FILE [SEED]: makes the trace anew, the same every time.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

switch (args.FirstOrDefault())
{
    case "acquire":
        await AcquireBenchmark.RunAsync(Number("--runs", 1000));
        if (Option("--cli") is { } cli)
        {
            await RealCliRounds.RunAsync(cli, Number("--rounds", 7), TimeSpan.FromSeconds(Number("--idle", 10)));
        }

        return 0;
    case "freeze" when Option("--cli") is { } real:
        await FreezeBenchmark.RunAsync(real, Number("--rounds", 11), TimeSpan.FromSeconds(Number("--idle", 60)));
        return 0;
    case "trace":
        TraceBenchmark.Run(args.Length > 1 ? args[1] : Path.Combine(AppContext.BaseDirectory, "bursty.csv"));
        return 0;
    case "make-trace" when args.Length > 1:
        BurstyTrace.Write(args[1], args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : BurstyTrace.Seed);
        return 0;
    default:
        Console.Error.WriteLine(
            "Usage: acquire [--runs N] [--cli PATH-OF-CLAUDE [--rounds N] [--idle SECONDS]] "
            + "| freeze --cli PATH-OF-CLAUDE [--rounds N] [--idle SECONDS] | trace [FILE] | make-trace FILE [SEED]");
        return 2;
}
