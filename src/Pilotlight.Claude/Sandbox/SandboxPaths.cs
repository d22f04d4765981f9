namespace Pilotlight.Claude.Sandbox;

/// <summary>Where things stand behind the walls.</summary>
internal static class SandboxPaths
{
    /// <summary>The folder that the agent works in.</summary>
    public const string Workspace = "/workspace";

    /// <summary>Temporary files, and the home of what runs there.</summary>
    public const string Temporary = "/tmp";

    /// <summary>The CLI's own configuration.</summary>
    public const string Configuration = "/tmp/.claude";

    /// <summary>The CLI's binary.</summary>
    public const string Cli = "/opt/claude";

    /// <summary>The socket of the relay.</summary>
    public const string Api = "/run/pilotlight/api";

    /// <summary>The socket of the proxy to the hosts that are allowed.</summary>
    public const string Proxy = "/run/pilotlight/proxy";

    /// <summary>The shell that commands are given to. The CLI takes one whose path tells which it is.</summary>
    public const string Shell = "/run/pilotlight/bash";

    /// <summary>Plugins, each in a folder of its number.</summary>
    public const string Plugins = "/opt/plugins";

    /// <summary>A folder of a plugin, by its own name: the CLI calls a plugin by it that does not name itself.</summary>
    public static string Plugin(int index, string folder) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Plugins}/{index}/{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}");
}
