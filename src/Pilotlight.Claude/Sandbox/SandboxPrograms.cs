namespace Pilotlight.Claude.Sandbox;

/// <summary>The programs that walls are made with, all of them Debian's.</summary>
/// <param name="Bubblewrap">Makes the walls.</param>
/// <param name="SetPriv">Gives up root's rights.</param>
/// <param name="Unshare">Makes the user namespace, for a server that is root.</param>
/// <param name="PrLimit">Sets limits.</param>
/// <param name="Socat">Brings the proxy's socket to a port; null where it is not installed.</param>
internal sealed record SandboxPrograms(string Bubblewrap, string SetPriv, string Unshare, string PrLimit, string? Socat)
{
    private static readonly string[] Folders = ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"];

    /// <summary>Finds them; null with what is to be installed when one is missing.</summary>
    public static SandboxPrograms? Find(out string? missing)
    {
        var found = new[] { ("bwrap", "bubblewrap"), ("setpriv", "util-linux"), ("unshare", "util-linux"), ("prlimit", "util-linux") }
            .Select(program => (Path: Find(program.Item1), Package: program.Item2)).ToArray();
        missing = string.Join(' ', found.Where(program => program.Path is null).Select(program => program.Package).Distinct());
        return missing.Length > 0 ? null : new SandboxPrograms(found[0].Path!, found[1].Path!, found[2].Path!, found[3].Path!, Find("socat"));
    }

    private static string? Find(string program) => Folders.Select(folder => folder + program).FirstOrDefault(File.Exists);
}
