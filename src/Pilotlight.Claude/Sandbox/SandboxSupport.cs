using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pilotlight.Claude.Sandbox;

/// <summary>Finds out, by trying, which walls this machine can give.</summary>
/// <remarks>Safe for concurrent use; what was possible once is not tried again.</remarks>
internal static class SandboxSupport
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static readonly ConcurrentDictionary<(SandboxMode Mode, bool HasNetwork, string? Workspace), bool> Possible = new();

    /// <summary>Why the machine cannot give such walls, and what to install or allow; null when it can.</summary>
    /// <param name="mode">How much is to be walled.</param>
    /// <param name="hasNetwork">Whether some hosts are to be allowed.</param>
    /// <param name="workspace">A folder that must be writable behind the walls, or null.</param>
    public static string? Problem(SandboxMode mode, bool hasNetwork = false, string? workspace = null)
    {
        if (mode == SandboxMode.None || Possible.ContainsKey((mode, hasNetwork, workspace)))
        {
            return null;
        }

        if (!OperatingSystem.IsLinux() || !SeccompFilter.IsSupported)
        {
            return "walls are to be had on Linux alone, on x64 and arm64. Run the server there, or set Sandbox to None";
        }

        if (SandboxPrograms.Find(out var missing) is not { } programs)
        {
            return $"walls need programs that are not installed: 'apt-get install {missing}', or the packages of these names of your system";
        }

        if (hasNetwork && programs.Socat is null)
        {
            return "hosts can be allowed only with a program that is not installed: 'apt-get install socat'";
        }

        // A program that only says whether it may write where it stands takes the CLI's place.
        var fault = Try(new ProcessSandbox(programs, mode, new SandboxLimits(), hasNetwork), workspace);
        if (fault is null)
        {
            Possible[(mode, hasNetwork, workspace)] = true;
        }

        return fault;
    }

    private static string? Try(ProcessSandbox sandbox, string? workspace)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-walls-");
        try
        {
            var socket = Path.Combine(folder.FullName, "none");
            File.WriteAllText(socket, "{}");
            var start = new ProcessStartInfo(sandbox.Wrapper[0], [.. sandbox.Wrapper.Skip(1), "cli", "-w", SandboxPaths.Workspace])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/",
            };
            start.Environment.Clear();
            sandbox.Prepare(start.Environment, new SandboxFiles
            {
                Folder = folder.FullName, Cli = Test(), Configuration = socket, Transcripts = folder.FullName, Api = socket, Proxy = socket, Workspace = workspace,
            });
            using var trial = Process.Start(start)!;
            trial.StandardInput.Close();
            var words = trial.StandardError.ReadToEndAsync();
            if (!trial.WaitForExit(Limit))
            {
                trial.Kill(entireProcessTree: true);
                return $"a trial of the walls did not end within {Limit.TotalSeconds:0} s. Start again when the machine is less busy";
            }

            return trial.ExitCode == 0 ? null : Explain(words.GetAwaiter().GetResult().Trim(), workspace);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Explain(string words, string? workspace)
    {
        if (words.Length == 0)
        {
            return $"the workspace '{workspace}' cannot be written there"
                + (Environment.IsPrivilegedProcess ? $": the server is root, and what is walled runs as user {FileOwner.WalledUser}. Give it the folder: chown -R {FileOwner.WalledUser} '{workspace}'" : "");
        }

        return $"bubblewrap cannot make them here ({words}). "
            + (File.Exists("/.dockerenv") || File.Exists("/run/.containerenv")
                ? "A container must be allowed to: run it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined, and for root with --cap-add SYS_ADMIN"
                : IsForbidden("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")
                    ? "AppArmor forbids user namespaces: give bubblewrap a profile that allows them (/etc/apparmor.d/bwrap with 'userns,'), or set kernel.apparmor_restrict_unprivileged_userns=0"
                    : IsForbidden("/proc/sys/kernel/unprivileged_userns_clone", "0") || IsForbidden("/proc/sys/user/max_user_namespaces", "0")
                        ? "User namespaces are forbidden: set kernel.unprivileged_userns_clone=1 and user.max_user_namespaces above 0 with sysctl"
                        : "Allow user namespaces to the server's user, or run it where bubblewrap works");
    }

    private static bool IsForbidden(string setting, string value) => File.Exists(setting) && File.ReadAllText(setting).Trim() == value;

    private static string Test() => File.Exists("/usr/bin/test") ? "/usr/bin/test" : "/usr/bin/[";
}
