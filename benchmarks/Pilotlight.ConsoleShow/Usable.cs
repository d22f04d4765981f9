using System.Diagnostics;
using Microsoft.Playwright;

namespace Pilotlight.ConsoleShow;

/// <summary>From asking for the page to a composer that takes a message: with an empty cache, and with a filled one.</summary>
internal static class Usable
{
    public static async Task MeasureAsync(int runs)
    {
        await using var stage = await Stage.SetAsync();
        List<double> first = [], again = [];
        for (var run = -1; run < runs; run++)
        {
            var page = await stage.NewPageAsync();
            var fresh = await LoadAsync(page);
            var cached = await LoadAsync(page);
            if (run >= 0)
            {
                first.Add(fresh);
                again.Add(cached);
            }

            await page.Context.CloseAsync();
        }

        Show("empty cache", first);
        Show("filled cache", again);
    }

    private static async Task<double> LoadAsync(IPage page)
    {
        var startedAt = Stopwatch.GetTimestamp();
        await page.GotoAsync("/");
        await page.Locator(".composer[data-ready]").WaitForAsync();
        return Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
    }

    private static void Show(string name, List<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToArray();
        Console.WriteLine(FormattableString.Invariant(
            $"{name,-14} usable after {sorted[sorted.Length / 2]:0} ms median, {sorted[(int)Math.Ceiling(sorted.Length * 0.95) - 1]:0} ms p95, {sorted[0]:0} ms at best, {sorted.Length} runs"));
    }
}
