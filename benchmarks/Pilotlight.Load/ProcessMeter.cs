using System.Globalization;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Load;

/// <summary>CPU time used so far, in seconds: of a process itself, and of all that it ever started.</summary>
internal readonly record struct CpuTime(double Own, double Children);

/// <summary>What the kernel says of a process and those below it.</summary>
internal sealed class ProcessMeter(int processId)
{
    private const double TicksPerSecond = 100;

    public CpuTime Cpu()
    {
        var own = Stat(processId);
        var children = own.Reaped + Descendants().Sum(id => Stat(id) is var child ? child.Used + child.Reaped : 0);
        return new CpuTime(own.Used / TicksPerSecond, children / TicksPerSecond);
    }

    /// <summary>Proportional set sizes in MiB, and how many processes are below.</summary>
    public (double OwnMiB, double ChildrenMiB, int Children) Memory()
    {
        var children = Descendants().Select(ProcessProbe.ProportionalSetSize).OfType<double>().Where(size => size > 5).ToArray();
        return (ProcessProbe.ProportionalSetSize(processId) ?? 0, children.Sum(), children.Length);
    }

    public int Descriptors() => Directory.GetFiles($"/proc/{Text(processId)}/fd").Length;

    public int Threads() => Directory.GetDirectories($"/proc/{Text(processId)}/task").Length;

    /// <summary>The processes below it; the dead that nobody has collected among them.</summary>
    public IReadOnlyList<int> Descendants()
    {
        var byParent = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .ToLookup(id => Stat(id).Parent);
        List<int> found = [];
        for (List<int> level = [.. byParent[processId]]; level.Count > 0; level = [.. level.SelectMany(id => byParent[id])])
        {
            found.AddRange(level);
        }

        return found;
    }

    /// <summary>The processes of the CLI right below it.</summary>
    public IReadOnlyList<int> Cli() => [.. Descendants().Where(id => Stat(id).Name.StartsWith("claude", StringComparison.Ordinal))];

    public int Zombies() => Descendants().Count(id => Stat(id).State == 'Z');

    private static (int Parent, char State, string Name, double Used, double Reaped) Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{Text(id)}/stat");
            var end = text.LastIndexOf(')');
            var fields = text[(end + 2)..].Split(' ');
            return (
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                fields[0][0],
                text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end],
                Field(11) + Field(12),
                Field(13) + Field(14));

            double Field(int index) => double.Parse(fields[index], CultureInfo.InvariantCulture);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return (0, ' ', "", 0, 0);
        }
    }

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
}
