using System.ComponentModel;
using System.Diagnostics;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Cli;

/// <summary>Fetches a CLI by npm: scripts off, every file's hash checked against the lock, whole or not at all.</summary>
internal sealed class NpmInstall(CliFolder folder)
{
    // What npm needs to find itself, the network and its own settings; no key of this program's is among it.
    private static readonly string[] KeptVariables =
    [
        "PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SystemRoot", "ComSpec", "PATHEXT", "TEMP", "TMP", "TMPDIR", "LANG",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS",
    ];

    /// <summary>Installs it, and returns its binary. One that is there already stays as it is.</summary>
    /// <exception cref="StartException">It cannot be; the message says why and what to do.</exception>
    public async Task<string> RunAsync(CliLock cli, CancellationToken cancellationToken)
    {
        if (folder.Find(cli.Version) is { } there)
        {
            return there;
        }

        var staging = Path.Combine(folder.Path, $".{cli.Version}-{Guid.NewGuid():N}");
        try
        {
            folder.Create();
            Directory.CreateDirectory(staging);
            await File.WriteAllTextAsync(Path.Combine(staging, "package.json"), cli.Package, cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(staging, "package-lock.json"), cli.Lock, cancellationToken);
            await RunNpmAsync(staging, cancellationToken);
            if (CliFolder.Binary(staging) is null)
            {
                throw new StartException("npm installed the CLI without a binary for this platform. Install it by hand, and name it with Pilotlight:Claude:Path.");
            }

            return Keep(staging, cli.Version);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The CLI cannot be installed into '{folder.Path}': {fault.Message} Correct its permissions, or choose another data folder with --data.", fault);
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    // Two that install at a time: the first one's stays.
    private string Keep(string staging, string version)
    {
        try
        {
            Directory.Move(staging, folder.Of(version));
        }
        catch (IOException) when (folder.Find(version) is not null)
        {
        }

        return folder.Find(version) ?? throw new IOException($"'{folder.Of(version)}' is there and holds no CLI; delete it.");
    }

    private async Task RunNpmAsync(string at, CancellationToken cancellationToken)
    {
        using var npm = Start(at);
        var error = npm.StandardError.ReadToEndAsync(cancellationToken);
        var output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
        try
        {
            await npm.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            npm.Kill(entireProcessTree: true);
            await npm.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        await output;
        if (npm.ExitCode != 0)
        {
            throw new StartException(NpmFault.Explain(npm.ExitCode, await error, folder.Path));
        }
    }

    private static Process Start(string at)
    {
        var start = new ProcessStartInfo(
            OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"])
        {
            WorkingDirectory = at,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => !IsKept(name)).ToArray())
        {
            start.Environment.Remove(name);
        }

        try
        {
            var npm = Process.Start(start)!;
            npm.StandardInput.Close();
            return npm;
        }
        catch (Win32Exception absent)
        {
            throw new StartException(
                "The CLI is fetched by npm, which was not found on PATH. Install Node.js with npm (https://nodejs.org), "
                + "or install Claude Code another way and name it with Pilotlight:Claude:Path.",
                absent);
        }
    }

    private static bool IsKept(string name) =>
        KeptVariables.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("npm_config_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("XDG_", StringComparison.Ordinal);
}
