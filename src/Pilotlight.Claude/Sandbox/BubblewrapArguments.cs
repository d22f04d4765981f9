using System.Globalization;
using System.Text;

namespace Pilotlight.Claude.Sandbox;

/// <summary>What is behind the walls of one process, in bubblewrap's words.</summary>
internal sealed record BubblewrapArguments
{
    // What a program needs to run at all, resolve users, and trust servers; read-only, each where it is.
    private static readonly string[] SystemFiles =
    [
        "/etc/ssl", "/etc/pki/tls", "/etc/pki/ca-trust", "/etc/ca-certificates", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
        "/etc/services", "/etc/protocols",
    ];

    private static readonly string[] NetworkFiles = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf"];

    private static readonly string[] SystemLinks = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

    // The descriptor that the CLI's configuration is read from.
    private const string ConfigurationInput = "5";

    private const int SharedMemory = 64 << 20;

    /// <summary>How much is walled.</summary>
    public required SandboxMode Mode { get; init; }

    /// <summary>Whether the server is root: then its rights are given up behind the walls, and are not there to begin with otherwise.</summary>
    public required bool IsRoot { get; init; }

    /// <summary>The largest that temporary files may be together, in bytes.</summary>
    public required long Temporary { get; init; }

    /// <summary>The folder that is the workspace; null is an empty one in memory.</summary>
    public string? Workspace { get; init; }

    /// <summary>Further files of the machine, read-only, and where they are behind the walls.</summary>
    public IReadOnlyList<(string Path, string Inside)> Files { get; init; } = [];

    /// <summary>One after the other, each ended by a zero: the form of <c>--args FD</c>, which no list of processes shows.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Concat(All().Select(argument => argument + '\0')));

    private IEnumerable<string> All()
    {
        // As root bubblewrap makes the walls with root's rights, which reach folders that are closed to others; what runs behind
        // them is another user. For any other user it makes them in a user namespace.
        string[] rights = IsRoot
            ? ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
            : ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"];
        return
        [
            .. rights,
            "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "agent", "--die-with-parent", "--new-session",
            .. Mode == SandboxMode.Full ? ["--unshare-net"] : Array.Empty<string>(),
            "--ro-bind", "/usr", "/usr", .. SystemLinks.SelectMany(Link),
            .. Folder("/etc"), .. Folder("/opt"), .. Folder("/run"), .. Folder("/run/pilotlight"),
            .. SystemFiles.Concat(Mode == SandboxMode.Files ? NetworkFiles : []).SelectMany(file => new[] { "--ro-bind-try", file, file }),
            "--proc", "/proc", "--dev", "/dev", .. InMemory("/dev/shm", SharedMemory), .. InMemory(SandboxPaths.Temporary, Temporary),
            "--perms", "0777", "--dir", SandboxPaths.Configuration, "--perms", "0666", "--file", ConfigurationInput, SandboxPaths.Configuration + "/.claude.json",
            .. Workspace is null ? InMemory(SandboxPaths.Workspace, Temporary) : ["--bind", Workspace, SandboxPaths.Workspace],
            .. Files.SelectMany(file => Folders(file.Inside).Append("--ro-bind").Append(file.Path).Append(file.Inside)),
            "--remount-ro", "/",
            .. IsRoot ? Array.Empty<string>() : ["--chdir", SandboxPaths.Workspace],
        ];
    }

    // Most systems have links there, into /usr; some have folders of their own.
    private static string[] Link(string path) =>
        !Directory.Exists(path) ? []
        : new DirectoryInfo(path).LinkTarget is { } target ? ["--symlink", target, path]
        : ["--ro-bind", path, path];

    // Those that it makes by itself are closed to the walled user.
    private static IEnumerable<string> Folders(string file) => file.StartsWith(SandboxPaths.Plugins, StringComparison.Ordinal)
        ? [.. Folder(SandboxPaths.Plugins), .. Folder(Path.GetDirectoryName(file)!)]
        : [];

    private static string[] Folder(string path) => ["--perms", "0755", "--dir", path];

    private static string[] InMemory(string path, long bytes) => ["--size", bytes.ToString(CultureInfo.InvariantCulture), "--perms", "1777", "--tmpfs", path];
}
