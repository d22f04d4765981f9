using System.Diagnostics;
using Pilotlight.Claude.Profiles;
using Pilotlight.Processes.Containment;

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

    /// <summary>In MiB: shared pages counted by the share that is this process's; null where that is not known.</summary>
    public static double? ProportionalSetSize(int processId) => MiB(ProcFileSystem.ProportionalSetSize(processId));

    /// <summary>The same for a process and all that it started.</summary>
    public static double? ProportionalSetSizeOfTree(int processId) => MiB(ProcFileSystem.ProportionalSetSizeOfTree(processId));

    private static double? MiB(long? bytes) => bytes / 1048576.0;
}
