using System.Diagnostics;
using Pilotlight.Gateway.Tests.Compatible;

namespace Pilotlight.Fuzz;

/// <summary>Broken bodies of clients through the readers of the compatible APIs: none is a fault of ours, none takes long, memory does not grow.</summary>
internal static class RequestFuzz
{
    private const int AtATime = 50_000;
    private const long MostHeld = 64 * 1024 * 1024;
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(5);

    public static bool Run(int count, int seed)
    {
        var recorded = BodyFuzz.Recorded(Path.Combine(AppContext.BaseDirectory, "Recorded"));
        var (served, refused, faults, slowest) = (0L, 0L, 0, TimeSpan.Zero);
        var startedAt = Stopwatch.GetTimestamp();
        for (var done = 0; done < count; done += AtATime)
        {
            var result = BodyFuzz.Run(recorded, Math.Min(AtATime, count - done), seed++);
            (served, refused, faults) = (served + result.Served, refused + result.Refused, faults + result.Faults.Count);
            slowest = result.Slowest > slowest ? result.Slowest : slowest;
            foreach (var fault in result.Faults)
            {
                Console.WriteLine(fault);
            }
        }

        var held = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine(
            $"{count:N0} bodies of {recorded.Count} recorded ones in {Stopwatch.GetElapsedTime(startedAt).TotalSeconds:N0} s: {served:N0} served, {refused:N0} refused, "
            + $"{faults} faults of ours; the slowest took {slowest.TotalMilliseconds:N0} ms; {held / 1024:N0} KiB held after");
        return faults == 0 && slowest < TooLong && held < MostHeld;
    }
}
