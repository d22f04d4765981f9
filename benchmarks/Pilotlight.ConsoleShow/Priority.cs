using System.Diagnostics;
using System.Globalization;

namespace Pilotlight.ConsoleShow;

/// <summary>Keeps the browsers out of the way of what is measured.</summary>
internal static class Priority
{
    /// <summary>Gives all processes that this program has started the lowest priority, except one and those that it has started.</summary>
    public static void LowerBrowsers(int exceptId)
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0).ToDictionary(id => id, Parent);
        var ours = parents.Keys.Where(id => id != Environment.ProcessId && IsBelow(id, Environment.ProcessId) && id != exceptId && !IsBelow(id, exceptId));

        // Every thread of them, and only the time that nobody else wants. One may have ended meanwhile, of which chrt complains.
        var start = new ProcessStartInfo("sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "-c", """for id in "$@"; do chrt --all-tasks --idle --pid 0 "$id"; done; exit 0""", "sh" }.Concat(ours.Select(id => id.ToString(CultureInfo.InvariantCulture))))
        {
            start.ArgumentList.Add(argument);
        }

        using var lowering = Process.Start(start)!;
        lowering.ErrorDataReceived += static (_, _) => { };
        lowering.BeginErrorReadLine();
        lowering.StandardOutput.ReadToEnd();
        lowering.WaitForExit();

        bool IsBelow(int id, int ancestor)
        {
            for (var at = parents.GetValueOrDefault(id); at > 1; at = parents.GetValueOrDefault(at))
            {
                if (at == ancestor)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static int Parent(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // It has ended.
        }
    }
}
