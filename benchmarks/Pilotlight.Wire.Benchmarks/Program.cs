// overhead [--calls N] [--delay MS]  what the relay adds to a call, one and sixteen at a time, beside the same calls without it
// network [--runs N] [--ms N]        the real CLI's first turns behind TLS and a round trip, with and without the relay
using Pilotlight.Wire.Benchmarks;

return args switch
{
    ["overhead", ..] => await Overhead.RunAsync(Option("--calls", 2000), Option("--delay", 0)),
    ["network", ..] => await Network.RunAsync(Option("--runs", 7), TimeSpan.FromMilliseconds(Option("--ms", 40))),
    ["simulator", var delay] => await Overhead.SimulateAsync(int.Parse(delay, null)),
    ["relay", var address] => await Overhead.RelayAsync(address),
    _ => Usage(),
};

int Option(string name, int otherwise) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], null) : otherwise;

static int Usage()
{
    Console.Error.WriteLine("overhead [--calls N] [--delay MS] | network [--runs N] [--ms N]");
    return 2;
}
