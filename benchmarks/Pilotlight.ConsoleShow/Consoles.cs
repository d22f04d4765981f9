using System.Diagnostics;
using Microsoft.Playwright;

namespace Pilotlight.ConsoleShow;

/// <summary>What open consoles cost the turns of others.</summary>
/// <remarks>
/// The same hot turn over HTTP, in rounds that take turns: with no console open, and with many, half of them on the pool's page
/// and half on a thread that nobody speaks in. Users' browsers run on machines of their own; here they share this one, so they
/// are given the lowest priority, and the processor time of the gateway alone is told beside the ratio.
/// </remarks>
internal static class Consoles
{
    private const int TurnsARound = 10;
    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(10);

    public static async Task MeasureAsync(int count, int turns)
    {
        await using var stage = await Stage.SetAsync();
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        var timed = await stage.Gateway.CreateThreadAsync(bound.Token);
        var watched = await stage.Gateway.CreateThreadAsync(bound.Token);
        List<(double First, double Whole)> without = [], with = [];
        List<double> idle = [], busy = [], alone = [], beside = [];
        await RoundAsync([], [], []);
        for (var round = 0; round < Math.Max(1, turns / TurnsARound); round++)
        {
            await RoundAsync(without, idle, alone);
            var pages = await OpenAsync(stage, count, watched);
            Priority.LowerBrowsers(stage.Gateway.Id);
            await RoundAsync(with, busy, beside);
            await Task.WhenAll(pages.Select(page => page.Context.CloseAsync()));
            Console.WriteLine($"round {round + 1} done");
        }

        Show("first token", without.ConvertAll(one => one.First), with.ConvertAll(one => one.First), count);
        Show("whole turn", without.ConvertAll(one => one.Whole), with.ConvertAll(one => one.Whole), count);
        Console.WriteLine(FormattableString.Invariant(
            $"{"at rest",-12} the gateway uses {Median(idle):0.0} ms of processor time a second without, {Median(busy):0.0} ms with {count} consoles open"));

        Console.WriteLine(FormattableString.Invariant(
            $"{"in a turn",-12} the gateway uses {Median(alone):0.0} ms of processor time without, {Median(beside):0.0} ms with {count} consoles open"));

        async Task RoundAsync(List<(double, double)> into, List<double> atRest, List<double> inTurn)
        {
            using var gateway = Process.GetProcessById(stage.Gateway.Id);
            var before = gateway.TotalProcessorTime;
            var since = Stopwatch.GetTimestamp();
            await Task.Delay(s_watch, bound.Token);
            gateway.Refresh();
            atRest.Add((gateway.TotalProcessorTime - before).TotalMilliseconds / Stopwatch.GetElapsedTime(since).TotalSeconds);
            before = gateway.TotalProcessorTime;
            for (var turn = 0; turn < TurnsARound; turn++)
            {
                var startedAt = Stopwatch.GetTimestamp();
                double? first = null;
                await foreach (var happened in stage.Gateway.TurnAsync(timed, "[[sim words=50 rate=200]]", bound.Token))
                {
                    first ??= happened.Type == "text.delta" ? Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds : null;
                }

                into.Add((first ?? double.NaN, Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds));
            }

            gateway.Refresh();
            inTurn.Add((gateway.TotalProcessorTime - before).TotalMilliseconds / TurnsARound);
        }
    }

    private static async Task<List<IPage>> OpenAsync(Stage stage, int count, string thread)
    {
        var pages = new List<IPage>();
        for (var at = 0; at < count; at++)
        {
            var page = await stage.NewPageAsync(width: 900, height: 600);
            await page.GotoAsync(at % 2 == 0 ? "/pool" : "/t/" + thread);
            await page.Locator(at % 2 == 0 ? ".profile" : ".composer[data-ready]").First.WaitForAsync();
            pages.Add(page);
        }

        return pages;
    }

    private static void Show(string name, List<double> without, List<double> with, int count)
    {
        var (before, after) = (Median(without), Median(with));
        Console.WriteLine(FormattableString.Invariant(
            $"{name,-12} {before:0.0} ms without, {after:0.0} ms with {count} consoles open: x {after / before:0.00} (medians of {without.Count} and {with.Count} turns)"));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
