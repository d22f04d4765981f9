namespace Pilotlight.Claude.Sessions;

/// <summary>A path as a process that works in it sees it: without links.</summary>
internal static class RealPath
{
    public static string Of(string? folder)
    {
        var path = Path.GetFullPath(folder ?? Environment.CurrentDirectory);
        var real = Path.GetPathRoot(path) ?? "/";
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = new DirectoryInfo(next).ResolveLinkTarget(returnFinalTarget: true)?.FullName is { } target ? Of(target) : next;
        }

        return real;
    }
}
