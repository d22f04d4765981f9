using System.Globalization;
using System.Text;

namespace Pilotlight.Processes.Containment;

/// <summary>What <c>/proc</c> says of processes; whatever ends while it is being read is passed over.</summary>
internal static class ProcFileSystem
{
    /// <summary>The processes whose environment holds <paramref name="variable"/>, with its value.</summary>
    public static IEnumerable<(int ProcessId, string Value)> Environments(string variable)
    {
        var name = Encoding.UTF8.GetBytes(variable + "=");
        foreach (var processId in ProcessIds())
        {
            if (Read($"/proc/{processId}/environ") is { } environment && Find(environment, name) is { } value)
            {
                yield return (processId, value);
            }
        }
    }

    /// <summary>When a process was started, in clock ticks since boot; null when there is none.</summary>
    public static long? StartTime(int processId)
    {
        if (Read($"/proc/{processId}/stat") is not { } stat)
        {
            return null;
        }

        // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
        var text = Encoding.UTF8.GetString(stat);
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int StartTimeAfterName = 19;
        return fields.Length <= StartTimeAfterName || fields[0] is "Z" or "X"
            ? null
            : long.Parse(fields[StartTimeAfterName], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Proportional set size in bytes: shared pages counted by the share that is this process's; null when unknown.
    /// </summary>
    public static long? ProportionalSetSize(int processId)
    {
        if (Read($"/proc/{processId}/smaps_rollup") is not { } rollup)
        {
            return null;
        }

        var line = Encoding.UTF8.GetString(rollup).Split('\n')
            .FirstOrDefault(text => text.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.AsSpan(4, line.Length - 6).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>The same for a process and all that it started and that still hangs on it.</summary>
    public static long? ProportionalSetSizeOfTree(int processId)
    {
        if (ProportionalSetSize(processId) is not { } own)
        {
            return null;
        }

        return own + Children(processId).Sum(child => ProportionalSetSizeOfTree(child) ?? 0);
    }

    /// <summary>Bytes that a process and all that it started hold for themselves: not files of theirs that are in memory. 0 when it has ended.</summary>
    /// <remarks>Of <c>status</c>, which a process cannot hide. Memory that several share counts for each.</remarks>
    public static long OwnMemoryOfTree(int processId)
    {
        var own = 0L;
        if (Read($"/proc/{processId}/status") is { } status)
        {
            foreach (var line in Encoding.UTF8.GetString(status).Split('\n'))
            {
                if (line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssShmem:", StringComparison.Ordinal))
                {
                    own += long.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim().TrimEnd("kB"), CultureInfo.InvariantCulture) << 10;
                }
            }
        }

        return own + Children(processId).Sum(OwnMemoryOfTree);
    }

    // A child is told by the thread that started it.
    private static IEnumerable<int> Children(int processId) => Threads(processId)
        .SelectMany(thread => Read($"{thread}/children") is { } list ? Encoding.UTF8.GetString(list).Split(' ', StringSplitOptions.RemoveEmptyEntries) : [])
        .Select(child => int.Parse(child, CultureInfo.InvariantCulture));

    private static string[] Threads(int processId)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{processId}/task");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return []; // It has ended.
        }
    }

    private static IEnumerable<int> ProcessIds()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out var processId))
            {
                yield return processId;
            }
        }
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Find(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> name)
    {
        while (!environment.IsEmpty)
        {
            var end = environment.IndexOf((byte)0);
            var entry = end < 0 ? environment : environment[..end];
            if (entry.StartsWith(name))
            {
                return Encoding.UTF8.GetString(entry[name.Length..]);
            }

            environment = end < 0 ? default : environment[(end + 1)..];
        }

        return null;
    }
}
