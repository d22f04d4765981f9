using System.Globalization;
using Pilotlight.Fuzz;

// [--lines N] [--seed N]: N broken lines through the reader of the CLI's output, then lines of up to 64 MiB.
int Number(string name, int otherwise) =>
    Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

var mutated = await ProtocolFuzz.MutatedLinesAsync(Number("--lines", 1_000_000), Number("--seed", 1));
var large = await ProtocolFuzz.LongLinesAsync();
return mutated && large ? 0 : 1;
