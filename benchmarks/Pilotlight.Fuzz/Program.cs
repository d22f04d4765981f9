using System.Globalization;
using Pilotlight.Fuzz;

// [--lines N] [--seed N]: N broken lines through the reader of the CLI's output, then lines of up to 64 MiB.
// --bodies N [--seed N]: N broken bodies of clients through the readers of the compatible APIs instead.
int Number(string name, int otherwise) =>
    Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

if (Number("--bodies", 0) is > 0 and var bodies)
{
    return RequestFuzz.Run(bodies, Number("--seed", 1)) ? 0 : 1;
}

var mutated = await ProtocolFuzz.MutatedLinesAsync(Number("--lines", 1_000_000), Number("--seed", 1));
var large = await ProtocolFuzz.LongLinesAsync();
return mutated && large ? 0 : 1;
