using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Pilotlight.Claude.Installation;

/// <summary>Finds the CLI's native binary.</summary>
/// <remarks>Safe for concurrent use; looks at the disk each time, so that a CLI installed later is found.</remarks>
public sealed class ClaudeCli(IOptions<ClaudeOptions> options)
{
    /// <summary>Names the binary that came with the product; set by its launcher.</summary>
    public const string BundledVariable = "PILOTLIGHT_BUNDLED_CLI";

    /// <summary>The binary's absolute path, or null with what was looked for in <paramref name="problem"/>.</summary>
    public string? Find(out string? problem)
    {
        problem = null;
        if (options.Value.Path is { Length: > 0 } configured)
        {
            if (IsProgram(configured))
            {
                return NativeBehind(Target(configured)) ?? Path.GetFullPath(configured);
            }

            problem = $"Pilotlight:Claude:Path is '{configured}', where there is no program. Correct it, or leave it out to search PATH.";
            return null;
        }

        var found = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "claude.exe" : "claude"))
            .Append(Environment.GetEnvironmentVariable(BundledVariable) ?? "")
            .FirstOrDefault(IsProgram);
        if (found is null)
        {
            problem = "The Claude Code CLI was not found: no 'claude' on PATH, and Pilotlight:Claude:Path is not set. "
                + "Install it with 'npm install -g @anthropic-ai/claude-code', or set the path.";
        }

        return found is null ? null : NativeBehind(Target(found)) ?? Target(found);
    }

    private static string Target(string path) =>
        new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);

    // With npm's scripts off 'claude' is a stub that only says so; the program is the platform package's own file beside it.
    private static string? NativeBehind(string launcher)
    {
        var package = Path.GetDirectoryName(Path.GetDirectoryName(launcher));
        if (package is null || Path.GetFileName(package) != "claude-code")
        {
            return null;
        }

        var platform = (OperatingSystem.IsWindows() ? "win32" : OperatingSystem.IsMacOS() ? "darwin" : "linux")
            + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "-arm64" : "-x64")
            + (RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "-musl" : "");
        var name = OperatingSystem.IsWindows() ? "claude.exe" : "claude";
        string[] places =
        [
            Path.Combine(package, "..", $"claude-code-{platform}", name),
            Path.Combine(package, "node_modules", "@anthropic-ai", $"claude-code-{platform}", name),
        ];
        return Array.Find(places, IsProgram) is { } native ? Path.GetFullPath(native) : null;
    }

    private static bool IsProgram(string path) =>
        File.Exists(path)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
