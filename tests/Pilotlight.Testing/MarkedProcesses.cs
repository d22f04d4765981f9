namespace Pilotlight.Testing;

/// <summary>Processes of this machine that carry the mark of a gateway.</summary>
public static class MarkedProcesses
{
    /// <summary>Those that a gateway's process started.</summary>
    public static int[] OwnedBy(int gateway) => Find(environment => environment.Contains($"PILOTLIGHT_OWNER={gateway}:", StringComparison.Ordinal));

    /// <summary>Those of any gateway whose environment names a text, a data folder for instance.</summary>
    public static int[] Naming(string text) => Find(environment =>
        environment.Contains("PILOTLIGHT_OWNER=", StringComparison.Ordinal) && environment.Contains(text, StringComparison.Ordinal));

    public static bool Lives(int processId) => Environment(processId).Length > 0;

    private static int[] Find(Func<string, bool> isMeant) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id != 0 && isMeant(Environment(id))),
    ];

    private static string Environment(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/environ");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
