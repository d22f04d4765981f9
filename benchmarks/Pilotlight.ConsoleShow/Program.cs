using Pilotlight.ConsoleShow;

const string Usage = """
    The console in a real Chromium, on the simulated model.
      screenshots [FOLDER]     pictures of its pages; default docs/images
      usable [RUNS]            how long a page takes until one can type and be answered
      consoles [COUNT] [TURNS] what open consoles cost the turns of others: interleaved, as a ratio
    """;

switch (args)
{
    case ["screenshots", .. var rest]:
        await Screenshots.TakeAsync(rest is [var folder] ? folder : Path.Combine(Pilotlight.Testing.RealCli.RepositoryRoot, "docs", "images"));
        return 0;
    case ["usable", .. var rest]:
        await Usable.MeasureAsync(rest is [var runs] ? int.Parse(runs, System.Globalization.CultureInfo.InvariantCulture) : 20);
        return 0;
    case ["consoles", .. var rest]:
        var numbers = rest.Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        await Consoles.MeasureAsync(numbers.ElementAtOrDefault(0) is > 0 and var count ? count : 50, numbers.ElementAtOrDefault(1) is > 0 and var turns ? turns : 40);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
