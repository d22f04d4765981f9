using System.Globalization;
using Pilotlight.Load;

// load [--to N] [--seconds S] [--shipped] [--json FILE] [--markdown FILE] [--svg FILE]: the gateway under 1, 2, 4, … N conversations at a time.
// soak [--minutes M] [--users N]: the gateway under faults for an hour; 1 when something has not come back to where it was.
// Both need --cli PATH, run the simulator and the gateway as processes of their own, and read /proc: Linux only.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
double Number(string name, double otherwise) => Option(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

if (Option("--cli") is not { } cli || !File.Exists(cli) || args.FirstOrDefault() is not ("load" or "soak"))
{
    Console.Error.WriteLine("Usage: load --cli PATH-OF-CLAUDE [--to N] [--seconds S] [--shipped] [--json FILE] [--markdown FILE] [--svg FILE] | soak --cli PATH-OF-CLAUDE [--minutes M] [--users N]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

if (args[0] == "soak")
{
    return await Soak.RunAsync(cli, TimeSpan.FromMinutes(Number("--minutes", 60)), (int)Number("--users", 6), stop.Token);
}

var report = await LoadRun.RunAsync(cli, (int)Number("--to", 64), TimeSpan.FromSeconds(Number("--seconds", 30)), args.Contains("--shipped"), stop.Token);
Console.Write(report.ToMarkdown());
foreach (var (option, text) in new[] { ("--json", report.ToJson()), ("--markdown", report.ToMarkdown()), ("--svg", report.ToPicture()) })
{
    if (Option(option) is { } file)
    {
        await File.WriteAllTextAsync(file, text, stop.Token);
    }
}

// Turns that failed are in the table: where the gateway refuses is part of what is measured.
return 0;
