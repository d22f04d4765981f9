using System.CommandLine;
using System.Globalization;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Turns;
using Pilotlight.Tool.Bench;
using Pilotlight.Tool.Settings;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight bench</c>: the wait for an answer, each way in one run.</summary>
/// <remarks>Runs against the simulator unless told otherwise: what is measured is the way to the model, which costs nothing there.</remarks>
internal static class BenchCommand
{
    private const string StandardOutput = "-";

    private static readonly Option<int> Runs = new("--runs") { Description = "Counted rounds.", DefaultValueFactory = _ => 9 };

    private static readonly Option<string?> Json = new("--json") { Description = "Writes the figures to this file; '-' is stdout, and nothing else." };

    private static readonly Option<string?> Html = new("--html") { Description = "Writes a page with the distributions to this file." };

    private static readonly Option<string?> Svg = new("--svg") { Description = "Writes its first picture to this file." };

    private static readonly Option<string?> Markdown = new("--markdown") { Description = "Writes the table to this file." };

    private static readonly Option<bool> Stages = new("--stages") { Description = "Says instead where a hot turn spends its time." };

    private static readonly Option<bool> Walls = new("--walls") { Description = "Says instead what walls around an agent cost, beside a plain one." };

    private static readonly Option<double[]> Pause = new("--pause")
    {
        Description = "Also turns after so many minutes of silence: --pause 3 11. They wait side by side.", AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int[]> Burst = new("--burst")
    {
        Description = "Also so many new threads at the same moment: --burst 8 32.", AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<double?> NetworkRoundTrip = new("--network")
    {
        Description = "Also turns with the simulated API behind TLS and a round trip of so many milliseconds, with the relay and without.",
    };

    private static readonly Option<bool> FirstTurns = new("--start") { Description = "Also a server's first turn after its start." };

    private static readonly Option<bool> Real = new("--real") { Description = "Asks the real model, with the credential that 'serve' would use. Says first what it will cost." };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Agrees to that cost, and to fetching the pinned CLI when there is none." };

    public static Command Create()
    {
        var command = new Command("bench", "Cold, warm and hot time to the first token of this machine's CLI, side by side.")
        {
            Runs, Json, Html, Svg, Markdown, Stages, Walls, Pause, Burst, NetworkRoundTrip, FirstTurns, CommonOptions.Simulate, Real, Yes,
        };
        Runs.Validators.Add(result =>
        {
            var runs = result.GetValueOrDefault<int>();
            if (runs is < 1 or > 1000)
            {
                result.AddError($"--runs is {runs}; it must be from 1 to 1000.");
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(Real) && result.GetValue(CommonOptions.Simulate))
            {
                result.AddError("--real and --simulate exclude each other.");
            }

            if (result.GetValue(Real) && (result.GetValue(Stages) || result.GetValue(Walls)))
            {
                result.AddError("--stages and --walls need the simulator; leave out --real.");
            }

            if (result.GetValue(Stages) && result.GetValue(Walls))
            {
                result.AddError("--stages and --walls exclude each other.");
            }
        });
        command.Validators.Add(result => Add(result, Faults(result)));
        command.SetAction(RunAsync);
        return command;
    }

    private static void Add(System.CommandLine.Parsing.CommandResult result, IEnumerable<string> faults)
    {
        foreach (var fault in faults)
        {
            result.AddError(fault);
        }
    }

    private static IEnumerable<string> Faults(System.CommandLine.Parsing.CommandResult result)
    {
        foreach (var minutes in result.GetValue(Pause) ?? [])
        {
            if (minutes is not (> 0 and <= 1440))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"--pause is {minutes}; it is minutes, more than 0 and at most 1440.");
            }
        }

        foreach (var size in result.GetValue(Burst) ?? [])
        {
            if (size is < 2 or > 64)
            {
                yield return $"--burst is {size}; it must be from 2 to 64.";
            }
        }

        if (result.GetValue(NetworkRoundTrip) is { } roundTrip && roundTrip is not (>= 0 and <= 10_000))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--network is {roundTrip}; it is milliseconds, from 0 to 10000.");
        }

        if (result.GetValue(Real) && (result.GetValue(Burst) is { Length: > 0 } || result.GetValue(NetworkRoundTrip) is not null || result.GetValue(FirstTurns) || result.GetValue(Pause) is { Length: > 0 }))
        {
            yield return "--pause, --burst, --network and --start need the simulator; leave out --real.";
        }
    }

    // Each of these has servers of its own, one after the other: what waits for one must not take the core from another.
    private static async Task<IReadOnlyList<Series>> FurtherAsync(ParseResult parsed, string cli, int runs, Action<string> show, CancellationToken cancellationToken)
    {
        var series = new List<Series>();
        if (parsed.GetValue(FirstTurns))
        {
            var starts = new StartRows(cli);
            await starts.RunAsync(runs, show, cancellationToken);
            series.AddRange([starts.First, starts.Second]);
        }

        if (parsed.GetValue(Burst) is { Length: > 0 } sizes)
        {
            var bursts = new BurstRows(sizes);
            await bursts.RunAsync(cli, runs, show, cancellationToken);
            series.AddRange(bursts.Series);
        }

        if (parsed.GetValue(NetworkRoundTrip) is { } roundTrip)
        {
            var network = new NetworkRows(cli, TimeSpan.FromMilliseconds(roundTrip));
            await network.RunAsync(runs, show, cancellationToken);
            series.AddRange(network.Series);
        }

        if (parsed.GetValue(Pause) is { Length: > 0 } minutes)
        {
            var pauses = new PauseRows(minutes.Select(TimeSpan.FromMinutes), runs);
            await pauses.RunAsync(cli, show, cancellationToken);
            series.AddRange(pauses.Series);
        }

        return series;
    }

    private static int CountFurther(ParseResult parsed, int runs) =>
        (parsed.GetValue(FirstTurns) ? runs : 0)
        + ((parsed.GetValue(Burst)?.Length ?? 0) * (runs + 1))
        + (parsed.GetValue(NetworkRoundTrip) is null ? 0 : ((runs + 1) * 2) + 1)
        + (parsed.GetValue(Pause) is { Length: > 0 } pauses ? pauses.Length + 1 : 0);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (runs, real) = (parsed.GetValue(Runs), parsed.GetValue(Real));
        try
        {
            if (real && !await AgreeAsync(runs, parsed.GetValue(Yes), cancellationToken))
            {
                return 1;
            }

            if (parsed.GetValue(Walls))
            {
                var walls = new WallRows(await BenchRig.FindCliAsync(simulate: true, mayFetch: true, cancellationToken));
                await BenchProgress.RunAsync("walls", (runs + 1) * 2, async show =>
                {
                    await walls.RunAsync(runs, show, cancellationToken);
                    return true;
                });
                await WriteAsync(walls.Costs.ToJson(), walls.Costs.ToMarkdown(), null, null, parsed, cancellationToken);
                return 0;
            }

            await using var rig = await BenchRig.StartAsync(!real, parsed.GetValue(Yes), cancellationToken);
            if (parsed.GetValue(Stages))
            {
                using var following = new HotTurnStages(rig);
                await BenchProgress.RunAsync("stages", runs + 1, async show =>
                {
                    await following.RunAsync(runs, show, cancellationToken);
                    return true;
                });
                await WriteAsync(following.ToJson(), following.ToMarkdown(), null, null, parsed, cancellationToken);
                return 0;
            }

            var benchmark = new Benchmark(rig);
            var steps = ((runs + 1) * (benchmark.Series.Count + 1)) + CountFurther(parsed, runs);
            var further = await BenchProgress.RunAsync(real ? "the real model" : "the simulated model", steps, async show =>
            {
                await benchmark.RunAsync(runs, (run, way) => show(run == 0 ? $"{way}, to warm up" : $"{way}, round {run} of {runs}"), cancellationToken);
                return await FurtherAsync(parsed, rig.Cli, runs, show, cancellationToken);
            });
            var report = new BenchReport(
                await Machine.DescribeAsync(rig.Cli, cancellationToken), !real, runs, TimeProvider.System.GetUtcNow(), [.. benchmark.Series, .. further], rig.Probe.Costs);
            if (!Console.IsOutputRedirected && parsed.GetValue(Json) != StandardOutput)
            {
                BenchTable.Print(report);
            }

            await WriteAsync(report.ToJson(), report.ToMarkdown(), () => HtmlReport.Write(report), () => HtmlReport.Picture(report), parsed, cancellationToken);
            return 0;
        }
        catch (Exception fault) when (fault is StartException or InvalidOperationException or IOException or PilotlightException)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
    }

    private static async Task WriteAsync(
        string json, string markdown, Func<string>? html, Func<string>? svg, ParseResult parsed, CancellationToken cancellationToken)
    {
        var toOutput = parsed.GetValue(Json) == StandardOutput;
        if (toOutput || html is null || Console.IsOutputRedirected)
        {
            Console.WriteLine(toOutput ? json : markdown.TrimEnd());
        }

        foreach (var (option, text) in new[] { (Json, () => json), (Markdown, () => markdown), (Html, html), (Svg, svg) })
        {
            if (parsed.GetValue(option) is { } file && text is not null && !(option == Json && toOutput))
            {
                await File.WriteAllTextAsync(file, text(), cancellationToken);
            }
        }
    }

    // The CLI knows its own prices: a turn against the simulator tells what one of the same size would have cost.
    private static async Task<bool> AgreeAsync(int runs, bool isAgreed, CancellationToken cancellationToken)
    {
        await using var rehearsal = await BenchRig.StartAsync(simulate: true, mayFetch: true, cancellationToken);
        await rehearsal.ReadyAsync(cancellationToken);
        var thread = (await rehearsal.Client.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
        var cost = 0m;
        await foreach (var turnEvent in rehearsal.Client.RunTurnAsync(thread, Benchmark.Question, cancellationToken))
        {
            if (turnEvent is TurnCompleted completed)
            {
                cost = completed.CostUsd ?? 0;
            }
        }

        var turns = Benchmark.CountTurns(runs);
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"This asks the real model {turns} times, about {cost * turns:0.00} USD by the CLI's own prices ({cost:0.0000} a turn); long answers cost more."));
        if (isAgreed)
        {
            return true;
        }

        if (Console.IsInputRedirected)
        {
            Console.Error.WriteLine("Add --yes to agree to that.");
            return false;
        }

        return await AnsiConsole.ConfirmAsync("Go on?", defaultValue: false, cancellationToken);
    }
}
