using System.Text.RegularExpressions;

namespace Pilotlight.Tool.Cli;

/// <summary>Says in one sentence why npm failed, and what to do.</summary>
internal static partial class NpmFault
{
    private static readonly string[] NetworkCodes =
        ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT", "FETCH_ERROR"];

    /// <summary>The sentence.</summary>
    /// <param name="exitCode">npm's.</param>
    /// <param name="error">What it wrote to stderr.</param>
    /// <param name="folder">Where it was to install.</param>
    public static string Explain(int exitCode, string error, string folder) => Code(error) switch
    {
        "EINTEGRITY" => "What npm's registry sent is not what this version of Pilotlight was built with: its hash differs. Nothing was installed. "
            + "Run 'npm cache verify' and try again; if it stays so, do not trust the registry that npm is set to use ('npm config get registry').",
        var code when NetworkCodes.Contains(code) => $"npm could not reach its registry ({code}). Connect this machine, or set npm's proxy or registry ('npm config set registry URL'), and try again.",
        "EACCES" or "EPERM" or "EROFS" => $"npm may not write to '{folder}'. Correct its permissions, or choose another data folder with --data.",
        "ENOSPC" => $"There is no room left for '{folder}': the CLI takes about 400 MB.",
        "E404" or "ETARGET" => "npm's registry does not have the pinned CLI. If npm is set to use a mirror ('npm config get registry'), add the package there.",
        "E401" or "E403" => "npm's registry refused this machine. Check its sign-in ('npm config get registry', 'npm login').",
        _ => $"npm ended with exit code {exitCode}: {Tail(error)}",
    };

    private static string? Code(string error) => CodeLine().Match(error) is { Success: true } found ? found.Groups[1].Value : null;

    private static string Tail(string error)
    {
        var said = error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.Contains("A complete log of this run", StringComparison.Ordinal)).TakeLast(3).ToArray();
        return said.Length == 0 ? "it said nothing." : string.Join(" / ", said);
    }

    [GeneratedRegex(@"^npm (?:error|ERR!) code (\S+)", RegexOptions.Multiline)]
    private static partial Regex CodeLine();
}
