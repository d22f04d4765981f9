using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Tool.Doctor;

/// <summary>What the machine and the limits around this process allow.</summary>
internal static class MachineCheck
{
    private const long BytesOfAProcess = 160L * 1024 * 1024;
    private const int DescriptorsOfAProcess = 8;
    private const int FewestDescriptors = 1024;
    private const int FewestTasks = 200;

    public static IEnumerable<Finding> Run(string data)
    {
        yield return Memory();
        if (OperatingSystem.IsLinux())
        {
            yield return Descriptors();
            yield return Tasks();
            yield return Walls();
        }

        yield return Writable(data);
        yield return Port(data);
    }

    // The runtime's figure is the cgroup's limit where there is one.
    private static Finding Memory()
    {
        var info = GC.GetGCMemoryInfo();
        var available = info.TotalAvailableMemoryBytes;
        var processes = available / BytesOfAProcess;
        var limit = Read("/sys/fs/cgroup/memory.max") is { } cgroup and not "max" ? $", the control group's limit is {Gigabytes(long.Parse(cgroup, CultureInfo.InvariantCulture))}" : "";
        var value = $"{Gigabytes(available)} for this process and its children{limit}; room for about {processes} CLI processes of 160 MiB";
        return processes >= 4
            ? new Finding("memory", true, value)
            : new Finding("memory", false, value, "Give it more memory, or lower Pilotlight:Pool:MaxProcesses and Pilotlight:Sessions:MaxHot.");
    }

    private static Finding Descriptors()
    {
        var line = Read("/proc/self/limits")?.Split('\n').FirstOrDefault(row => row.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0] ?? "unknown";
        var isEnough = !int.TryParse(soft, CultureInfo.InvariantCulture, out var count) || count >= FewestDescriptors;
        var value = $"{soft} descriptors may be open, about {DescriptorsOfAProcess} a CLI process";
        return isEnough
            ? new Finding("descriptors", true, value)
            : new Finding("descriptors", false, value, $"Raise it: 'ulimit -n {FewestDescriptors}' or more, LimitNOFILE in a systemd unit.");
    }

    // A CLI process is about a dozen tasks.
    private static Finding Tasks()
    {
        var limit = Read("/sys/fs/cgroup/pids.max") ?? Read("/proc/sys/kernel/pid_max") ?? "unknown";
        var isEnough = !long.TryParse(limit, CultureInfo.InvariantCulture, out var count) || count >= FewestTasks;
        return isEnough
            ? new Finding("tasks", true, limit == "max" ? "no limit of processes and threads" : $"{limit} processes and threads may be there")
            : new Finding("tasks", false, $"{limit} processes and threads may be there", $"Raise it to {FewestTasks} or more: --pids-limit of a container, TasksMax in a systemd unit.");
    }

    // No profile need ask for them, so their absence is no fault; a profile that does is told with the settings.
    private static Finding Walls() => new(
        "walls",
        true,
        SandboxSupport.Problem(SandboxMode.Full) is { } problem ? $"not to be had: {problem}"
            : "to be had (Sandbox: Files and Full); limits of memory by prlimit for each program"
                + (SandboxSupport.Problem(SandboxMode.Full, hasNetwork: true) is { } network ? $"; no hosts can be allowed: {network}" : ", hosts can be allowed by name"));

    private static Finding Writable(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new Finding("data", true, folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new Finding("data", false, $"{folder}: {fault.Message}", "Choose another folder with --data, or correct its permissions.");
        }
    }

    private static Finding Port(string data)
    {
        var usual = new Uri(ServeSettings.DefaultUrls);
        if (Directory.Exists(data) && DataFolder.FindServer(data) is { } running)
        {
            return new Finding("port", true, $"a gateway serves this data folder at {running.ToString().TrimEnd('/')}");
        }

        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, usual.Port);
            probe.Start();
            return new Finding("port", true, $"{usual.Port} is free");
        }
        catch (SocketException fault)
        {
            return new Finding("port", false, $"{usual.Port} cannot be used: {fault.Message}", "Stop what listens there, or choose another with --urls http://127.0.0.1:PORT.");
        }
    }

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024d / 1024 / 1024:0.0} GiB");

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
