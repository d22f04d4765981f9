using System.Globalization;
using System.Text;

namespace Pilotlight.Claude.Sandbox;

/// <summary>Puts one profile's processes behind walls: the command that starts them there, and what each is given for it.</summary>
/// <remarks>
/// What differs between processes goes by files that a descriptor is opened on, since a command line and an environment can be read by
/// all that runs there. Immutable; safe for concurrent use.
/// </remarks>
internal sealed class ProcessSandbox
{
    // Where a start finds its process's files; gone from the environment before anything else runs.
    private const string FilesVariable = "PILOTLIGHT_WALLS";

    private const int ProxyPort = 3128;

    // JavaScriptCore maps more than 5 GiB at its start, without using them.
    private const long CliMemory = 8L << 30;

    private static readonly string[] HostOnlyVariables = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

    private static readonly string[] ProxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"];

    private static readonly string[] NoProxyVariables = ["NO_PROXY", "no_proxy"];

    private readonly SandboxMode _mode;
    private readonly SandboxLimits _limits;
    private readonly bool _hasNetwork;

    /// <param name="programs">What walls are made with.</param>
    /// <param name="mode">How much is walled; not <see cref="SandboxMode.None"/>.</param>
    /// <param name="limits">What a process may use.</param>
    /// <param name="hasNetwork">Whether some hosts are allowed, through a proxy.</param>
    public ProcessSandbox(SandboxPrograms programs, SandboxMode mode, SandboxLimits limits, bool hasNetwork)
    {
        (_mode, _limits, _hasNetwork) = (mode, limits, hasNetwork);
        Wrapper = ["/bin/sh", "-c", Script(programs), "pilotlight"];
    }

    /// <summary>The command to put before the CLI's; its path is then the first argument, and is another one behind the walls.</summary>
    public IReadOnlyList<string> Wrapper { get; }

    /// <summary>Writes what one process's start needs, and turns its environment into one that holds behind the walls.</summary>
    public void Prepare(IDictionary<string, string?> environment, SandboxFiles files)
    {
        Write(files.Folder, "filter", SeccompFilter.Create());
        Write(files.Folder, "config", File.ReadAllBytes(files.Configuration));
        Write(files.Folder, "bash", Text(string.Create(CultureInfo.InvariantCulture, $"#!/bin/bash\nulimit -d {_limits.Memory / 1024}\nexec /bin/bash \"$@\"\n")));
        Write(files.Folder, "passwd", Text($"agent:x:65534:65534::{SandboxPaths.Temporary}:/bin/bash\n"));
        Write(files.Folder, "group", Text("agent:x:65534:\n"));
        Write(files.Folder, "args", Arguments(files).ToBytes());

        environment[FilesVariable] = files.Folder;
        environment["HOME"] = environment["TMPDIR"] = SandboxPaths.Temporary;
        environment["CLAUDE_CONFIG_DIR"] = SandboxPaths.Configuration;
        environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
        environment["SHELL"] = SandboxPaths.Shell;
        environment["ANTHROPIC_UNIX_SOCKET"] = SandboxPaths.Api;
        foreach (var variable in HostOnlyVariables.Concat(_mode == SandboxMode.Full ? ProxyVariables.Concat(NoProxyVariables) : []))
        {
            environment.Remove(variable);
        }

        if (_hasNetwork)
        {
            foreach (var variable in ProxyVariables)
            {
                environment[variable] = $"http://127.0.0.1:{ProxyPort}";
            }

            foreach (var variable in NoProxyVariables)
            {
                environment[variable] = "localhost,127.0.0.1";
            }
        }
    }

    private BubblewrapArguments Arguments(SandboxFiles files)
    {
        List<(string Path, string Inside)> shown =
        [
            (files.Cli, SandboxPaths.Cli), (files.Api, SandboxPaths.Api), (files.Transcripts, SandboxPaths.Configuration + "/projects"),
            (Path.Combine(files.Folder, "bash"), SandboxPaths.Shell),
            (Path.Combine(files.Folder, "passwd"), "/etc/passwd"), (Path.Combine(files.Folder, "group"), "/etc/group"),
        ];
        shown.AddRange(files.Plugins.Select((plugin, index) => (plugin, SandboxPaths.Plugin(index, plugin))));
        if (files.Proxy is { } proxy)
        {
            shown.Add((proxy, SandboxPaths.Proxy));
        }

        return new BubblewrapArguments
        {
            Mode = _mode, IsRoot = Environment.IsPrivilegedProcess, Temporary = _limits.Temporary, Workspace = files.Workspace, Files = shown,
        };
    }

    private string Script(SandboxPrograms programs)
    {
        // Only in a namespace of its own is a user's count of processes the sandbox's alone, so the limit is set there.
        var user = Environment.IsPrivilegedProcess
            ? $"{programs.SetPriv} --reuid {FileOwner.WalledUser} --regid {FileOwner.WalledUser} --clear-groups --inh-caps=-all --bounding-set=-all -- "
                + $"{programs.Unshare} --wd={SandboxPaths.Workspace} --user --map-user=65534 --map-group=65534 -- "
            : "";
        var limits = string.Create(
            CultureInfo.InvariantCulture, $"{programs.PrLimit} --nproc={_limits.Processes} --fsize={_limits.FileSize} --data={CliMemory} --core=0 -- ");
        var network = _hasNetwork
            ? $"/bin/sh -c '{programs.Socat} TCP-LISTEN:{ProxyPort},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:{SandboxPaths.Proxy} </dev/null >/dev/null 2>&1 & exec \"$@\"' sh "
            : "";
        return $"""
            w=${FilesVariable}; unset {FilesVariable}; shift
            exec {programs.Bubblewrap} --args 3 --seccomp 4 -- {user}{limits}{network}{SandboxPaths.Cli} "$@" 3<"$w/args" 4<"$w/filter" 5<"$w/config"
            """;
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    // The walled user reads and runs some of them, whatever this server's umask is.
    private static void Write(string folder, string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }
    }
}

/// <summary>What of the machine one process is given.</summary>
internal sealed record SandboxFiles
{
    /// <summary>A folder for what the start needs; nothing of it but what is named here can be seen behind the walls.</summary>
    public required string Folder { get; init; }

    /// <summary>The CLI's binary.</summary>
    public required string Cli { get; init; }

    /// <summary>The CLI's configuration, of which the process gets a copy.</summary>
    public required string Configuration { get; init; }

    /// <summary>A folder that the CLI takes for its transcripts, and cannot write to.</summary>
    public required string Transcripts { get; init; }

    /// <summary>The process's own socket to the relay.</summary>
    public required string Api { get; init; }

    /// <summary>The socket of the proxy; null without any.</summary>
    public string? Proxy { get; init; }

    /// <summary>The folders of its plugins.</summary>
    public IReadOnlyList<string> Plugins { get; init; } = [];

    /// <summary>The folder that is its workspace; null is an empty one in memory.</summary>
    public string? Workspace { get; init; }
}
