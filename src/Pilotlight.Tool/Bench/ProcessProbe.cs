using System.Diagnostics;
using System.Globalization;
using Pilotlight.Claude.Profiles;

namespace Pilotlight.Tool.Bench;

/// <summary>What a process costs before it has said anything.</summary>
internal sealed class ProcessCosts
{
    /// <summary>Milliseconds that starting the process took its parent.</summary>
    public List<double> StartMs { get; } = [];

    /// <summary>Milliseconds from then until it answered its first request: parked from here on.</summary>
    public List<double> WarmUpMs { get; } = [];

    /// <summary>Proportional set size of parked processes, in MiB; empty where that is not known.</summary>
    public List<double> ParkedMiB { get; } = [];

    /// <summary>The same of processes that hold a conversation of two turns.</summary>
    public List<double> HotMiB { get; } = [];
}

/// <summary>Finds out what a process costs.</summary>
internal sealed class ProcessProbe(ClaudeProfiles profiles)
{
    private const string Initialize = """{"type":"control_request","request_id":"bench","request":{"subtype":"initialize"}}""";

    public ProcessCosts Costs { get; } = new();

    /// <summary>Starts one by itself, as the pool would, and ends it.</summary>
    public async Task StartAsync(bool isCounted, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var process = Launch();
        var started = Stopwatch.GetElapsedTime(startedAt);
        await process.StandardInput.WriteLineAsync(Initialize.AsMemory(), cancellationToken);
        await process.StandardInput.FlushAsync(cancellationToken);
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains("control_response", StringComparison.Ordinal))
            {
                break;
            }
        }

        if (isCounted)
        {
            Costs.StartMs.Add(started.TotalMilliseconds);
            Costs.WarmUpMs.Add((Stopwatch.GetElapsedTime(startedAt) - started).TotalMilliseconds);
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>A process like those of the pool's default profile, which is its caller's.</summary>
    public Process Launch()
    {
        var profile = profiles.Default;
        var start = new ProcessStartInfo(profile.FileName, profile.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = profile.WorkingDirectory,
        };
        start.Environment.Clear();
        foreach (var (name, value) in profile.Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Adds what the processes of the snapshot use, parked and leased.</summary>
    public void Weigh(Processes.PoolSnapshot snapshot)
    {
        foreach (var process in snapshot.Profiles.SelectMany(row => row.Processes))
        {
            if (ProportionalSetSize(process.ProcessId) is { } size)
            {
                (process.IsLeased ? Costs.HotMiB : Costs.ParkedMiB).Add(size);
            }
        }
    }

    /// <summary>The same of a process and all that descend from it.</summary>
    public static double? ProportionalSetSizeOfAll(int processId)
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? (Id: id, Parent: ParentOf(id)) : default)
            .Where(process => process.Id > 0)
            .ToLookup(process => process.Parent, process => process.Id);
        return Sum(processId);

        double? Sum(int id) => ProportionalSetSize(id) is { } own ? own + children[id].Sum(child => Sum(child) ?? 0) : null;
    }

    private static int ParentOf(int processId)
    {
        try
        {
            // The name before it may hold anything, brackets and blanks included.
            var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>In MiB: shared pages counted by the share that is this process's; null where that is not known.</summary>
    public static double? ProportionalSetSize(int processId)
    {
        try
        {
            var line = Array.Find(
                File.ReadAllLines($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/smaps_rollup"),
                text => text.StartsWith("Pss:", StringComparison.Ordinal));
            return line is null ? null : double.Parse(line.AsSpan(4).Trim(" kB\t"), CultureInfo.InvariantCulture) / 1024;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
