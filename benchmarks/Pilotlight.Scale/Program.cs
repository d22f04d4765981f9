using System.Globalization;
using Pilotlight.Scale.Report;

// [--nodes 10,100,1000] [--seed N] [RUN …]: simulates clusters of so many nodes and prints what docs/scale.md shows. The same seed prints the same.
// choice: what the placement policy itself takes here.
var (sizes, seed, names) = ((int[])[10, 100, 1000], 20261130, new List<string>());
for (var at = 0; at < args.Length; at++)
{
    switch (args[at])
    {
        case "--nodes" when at + 1 < args.Length:
            sizes = [.. args[++at].Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))];
            break;
        case "--seed" when at + 1 < args.Length:
            seed = int.Parse(args[++at], CultureInfo.InvariantCulture);
            break;
        case var name when Runs.Names.Contains(name) || name == Runs.Choice:
            names.Add(name);
            break;
        default:
            Console.Error.WriteLine($"Usage: [--nodes 10,100,1000] [--seed N] [{string.Join(" | ", [.. Runs.Names, Runs.Choice])}]");
            return 2;
    }
}

var runs = new Runs(sizes, seed, Console.Out, Console.Error);
foreach (var name in names.Count > 0 ? names : Runs.Names)
{
    runs.Run(name);
}

return 0;
