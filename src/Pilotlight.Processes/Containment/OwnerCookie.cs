using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// Names the process that owns children, in a way that no other process at any time shares: the mark in their environment.
/// </summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="StartTime">When it was started, in clock ticks since boot: ids are used again.</param>
/// <param name="Instance">Tells the pools of one process apart: each has a guardian of its own.</param>
/// <param name="Machine">Boot and pid namespace: in another container the same id means another process.</param>
internal sealed record OwnerCookie(int ProcessId, long StartTime, int Instance, string Machine)
{
    /// <summary>The variable that names the owner.</summary>
    public const string Variable = "PILOTLIGHT_OWNER";

    /// <summary>The variable that names the worker among the owner's.</summary>
    public const string WorkerVariable = "PILOTLIGHT_WORKER";

    private static readonly string ThisMachine = ReadMachine();
    private static int Instances;

    public bool IsOfThisMachine => Machine == ThisMachine;

    public bool IsAlive => ProcFileSystem.StartTime(ProcessId) == StartTime;

    public static OwnerCookie CreateForThisProcess() => new(
        Environment.ProcessId,
        ProcFileSystem.StartTime(Environment.ProcessId) ?? 0,
        Interlocked.Increment(ref Instances),
        ThisMachine);

    public static bool TryParse(string text, [NotNullWhen(true)] out OwnerCookie? cookie)
    {
        cookie = text.Split(':') is [var id, var start, var instance, var machine]
            && int.TryParse(id, CultureInfo.InvariantCulture, out var processId)
            && long.TryParse(start, CultureInfo.InvariantCulture, out var startTime)
            && int.TryParse(instance, CultureInfo.InvariantCulture, out var number)
                ? new OwnerCookie(processId, startTime, number, machine)
                : null;
        return cookie is not null;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{ProcessId}:{StartTime}:{Instance}:{Machine}");

    private static string ReadMachine()
    {
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            var space = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";
            return boot[..8] + "-" + string.Concat(space.Where(char.IsAsciiDigit));
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
