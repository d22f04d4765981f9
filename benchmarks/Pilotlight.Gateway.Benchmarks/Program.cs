using System.Globalization;
using Pilotlight.Gateway.Benchmarks;

// overhead [RUNS]: what the gateway adds to a turn, on both databases, beside a plain Kestrel stream in the same run.
// reservations [COUNT]: so many at once against a budget for half of them, on both databases.
switch (args.FirstOrDefault())
{
    case "overhead":
        await Overhead.RunAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1000);
        return 0;
    case "reservations":
        return await Reservations.RunAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1000);
    default:
        Console.Error.WriteLine("Usage: overhead [RUNS] | reservations [COUNT]");
        return 2;
}
