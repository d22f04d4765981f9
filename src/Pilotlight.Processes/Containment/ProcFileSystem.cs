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

        var children = Read($"/proc/{processId}/task/{processId}/children") is { } list ? Encoding.UTF8.GetString(list) : "";
        return own + children.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Sum(child => ProportionalSetSizeOfTree(int.Parse(child, CultureInfo.InvariantCulture)) ?? 0);
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
