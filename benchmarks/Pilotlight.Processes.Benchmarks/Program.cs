using System.Globalization;
using Pilotlight.Processes.Benchmarks;

// acquire [RUNS]: the time from asking for a parked process to having it.
// trace [FILE]: how the size of the stock follows a bursty trace, against fixed sizes and an oracle.
// make-trace FILE [SEED]: makes the trace anew, the same every time.
switch (args.FirstOrDefault())
{
    case "acquire":
        await AcquireBenchmark.RunAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 500);
        return 0;
    case "trace":
        TraceBenchmark.Run(args.Length > 1 ? args[1] : Path.Combine(AppContext.BaseDirectory, "bursty.csv"));
        return 0;
    case "make-trace" when args.Length > 1:
        BurstyTrace.Write(args[1], args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : BurstyTrace.Seed);
        return 0;
    default:
        Console.Error.WriteLine("Usage: acquire [RUNS] | trace [FILE] | make-trace FILE [SEED]");
        return 2;
}
