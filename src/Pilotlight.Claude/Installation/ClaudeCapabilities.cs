using System.Text.RegularExpressions;

namespace Pilotlight.Claude.Installation;

/// <summary>What an installed CLI can do, read off its <c>--version</c> and <c>--help</c>.</summary>
/// <remarks>
/// Before 2.1.248 the CLI ignores that a line is marked as a person's text, and <c>@/etc/passwd</c> in it reads that file: such a CLI,
/// and one whose version cannot be read, must be told nothing.
/// </remarks>
public sealed partial class ClaudeCapabilities
{
    /// <summary>The least version that takes a person's text as nothing but text.</summary>
    public static readonly Version LeastVersion = new(2, 1, 248);

    // What keeps a process apart from this machine's tools, settings and disk, what speaks with it, and what agent profiles are made
    // of. Nothing among them is mere comfort.
    private static readonly string[] Needed =
    [
        "--tools", "--strict-mcp-config", "--setting-sources", "--disable-slash-commands", "--no-session-persistence",
        "--print", "--input-format", "--output-format", "--verbose", "--include-partial-messages", "--model",
        "--permission-mode", "--allowedTools", "--mcp-config",
    ];

    private ClaudeCapabilities(Version? version, IReadOnlyList<string> missing, string? problem)
    {
        (Version, MissingOptions, Problem) = (version, missing, problem);
    }

    /// <summary>Its version; null when it told none.</summary>
    public Version? Version { get; }

    /// <summary>The options that are needed and that it does not list.</summary>
    public IReadOnlyList<string> MissingOptions { get; }

    /// <summary>Why it is not used, and what to do; null when it is.</summary>
    public string? Problem { get; }

    /// <summary>Judges a CLI by what it says of itself.</summary>
    public static ClaudeCapabilities Read(string path, string version, string help)
    {
        var found = VersionNumber().Match(version) is { Success: true } match && Version.TryParse(match.Value, out var number) ? number : null;
        if (found is null)
        {
            return new(null, [], $"The version of the Claude Code CLI at '{path}' cannot be read: it said '{Shorten(version)}'. {NextStep}");
        }

        if (found < LeastVersion)
        {
            return new(found, [], $"The Claude Code CLI at '{path}' is version {found}, which would read files that a person's text names with '@'. {NextStep}");
        }

        var listed = Option().Matches(help).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        string[] missing = [.. Needed.Where(option => !listed.Contains(option))];
        return new(found, missing, missing.Length == 0 ? null : $"The Claude Code CLI at '{path}', version {found}, does not list {string.Join(", ", missing)} in its --help. {NextStep}");
    }

    /// <summary>Asks the CLI; the answer is kept for as long as its file stays the same, and both questions together take at most 10 s.</summary>
    /// <remarks>Safe for concurrent use. No credential is handed to it. A CLI that does not answer is asked again the next time.</remarks>
    public static Task<ClaudeCapabilities> OfAsync(string path, ClaudeHome home, TimeProvider time) => CapabilityProbe.AskAsync(path, home, time);

    internal static ClaudeCapabilities Silent(string path, string reason) =>
        new(null, [], $"The version of the Claude Code CLI at '{path}' cannot be read: {reason}. {NextStep}");

    private static string NextStep =>
        $"At least {LeastVersion} is needed: run 'npm install -g @anthropic-ai/claude-code', or set Pilotlight:Claude:Path to a newer one.";

    internal static string Shorten(string text) => text.Trim() is { Length: > 200 } trimmed ? trimmed[..200] + "…" : text.Trim();

    [GeneratedRegex(@"^\s*\d{1,6}\.\d{1,6}\.\d{1,6}(?![\d.])")]
    private static partial Regex VersionNumber();

    [GeneratedRegex("(?<![A-Za-z0-9-])--[A-Za-z][A-Za-z0-9-]*")]
    private static partial Regex Option();
}
