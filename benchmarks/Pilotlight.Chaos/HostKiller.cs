using System.Diagnostics;
using Pilotlight.Processes;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Kills hosts at random moments and counts, from outside, what they leave behind.</summary>
internal static class HostKiller
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <returns>0 when nothing was left one second after any kill.</returns>
    public static async Task<int> RunAsync(int runs, string? cli, bool walled)
    {
        var random = new Random(20261123);
        await using var simulator = cli is null ? null : await SimulatorServer.StartAsync();
        var home = Directory.CreateTempSubdirectory("pilotlight-chaos-");
        var times = new List<double>();
        var (children, late, left, tools, forsaken) = (0, 0, 0, 0, 0);
        for (var run = 0; run < runs; run++)
        {
            using var host = Start(cli, simulator?.BaseAddress.ToString().TrimEnd('/'), home.FullName, walled);
            if (await host.StandardOutput.ReadLineAsync() is null)
            {
                throw new InvalidOperationException("The host ended before it had a pool; what it says is above.");
            }

            // From the first start to a busy host: the kill may meet a process between fork and exec. Every other host with the
            // real CLI lives until a Bash tool runs.
            if (cli is not null && run % 2 == 1)
            {
                await ToolAsync(host.Id);
                await Task.Delay(random.Next(100));
            }
            else
            {
                await Task.Delay(random.Next(cli is null ? 600 : 3000));
            }

            var before = MarkedProcesses.OwnedBy(host.Id);
            children += before.Length;
            tools += cli is null ? 0 : before.Count(IsTool);
            host.Kill();
            var killed = Stopwatch.GetTimestamp();
            await host.WaitForExitAsync();
            var took = await GoneAsync(host.Id, killed);
            times.Add(took.TotalMilliseconds);
            late += took > TimeSpan.FromSeconds(1) ? 1 : 0;
            left += MarkedProcesses.OwnedBy(host.Id).Length;
            forsaken += Walled(home.FullName).Count;
        }

        times.Sort();
        home.Delete(recursive: true);
        Console.WriteLine($"{runs} kills of a host with {(cli is null ? "scripted children" : walled ? "the real CLI behind walls" : "the real CLI")}: {children} processes were up ({tools} of them tools of the CLI)");
        Console.WriteLine($"all gone after {times[times.Count / 2]:0} ms (median), {times[(int)(times.Count * 0.99)]:0} ms (p99), {times[^1]:0} ms (worst)");
        Console.WriteLine($"later than 1 s: {late} runs; never: {left} processes{(walled ? $", {forsaken} of them or others found by what they have mounted" : "")}");
        await using var next = new WarmPool();
        Console.WriteLine($"the next start's sweep found {next.Sweep()} processes");
        return late + left + forsaken == 0 ? 0 : 1;
    }

    // Gone is what three looks in a row do not find: one that is in the middle of its exec has no environment to be found by.
    private static async Task<TimeSpan> GoneAsync(int owner, long killed)
    {
        var (quiet, took) = (0, TimeSpan.Zero);
        while (quiet < 3 && Stopwatch.GetElapsedTime(killed) < Patience)
        {
            if (MarkedProcesses.OwnedBy(owner).Length > 0)
            {
                quiet = 0;
                await Task.Delay(5);
                continue;
            }

            took = quiet++ == 0 ? Stopwatch.GetElapsedTime(killed) : took;
            await Task.Delay(50);
        }

        return quiet == 3 ? took : Stopwatch.GetElapsedTime(killed);
    }

    private static async Task ToolAsync(int owner)
    {
        var startedAt = Stopwatch.GetTimestamp();
        while (!MarkedProcesses.OwnedBy(owner).Any(IsTool))
        {
            if (Stopwatch.GetElapsedTime(startedAt) > TimeSpan.FromMinutes(1))
            {
                throw new TimeoutException("The CLI has not started its tool within a minute.");
            }

            await Task.Delay(20);
        }
    }

    private static bool IsTool(int process) => Read($"/proc/{process}/cmdline").Contains("tail", StringComparison.Ordinal);

    // What runs behind walls may have another environment; what is mounted there is of the home.
    private static List<string> Walled(string home) =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)
            && Read($"{folder}/mountinfo").Contains(Path.GetFileName(home), StringComparison.Ordinal)),
    ];

    private static Process Start(string? cli, string? api, string home, bool walled)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Pilotlight.Chaos")) { RedirectStandardOutput = true };
        foreach (var argument in (string[])(cli is null ? ["host"] : ["host", cli, api!, home, .. walled ? (string[])["--walls"] : []]))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    public static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
