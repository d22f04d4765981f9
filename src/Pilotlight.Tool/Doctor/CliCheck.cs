using Pilotlight.Claude.Installation;
using Pilotlight.Tool.Cli;

namespace Pilotlight.Tool.Doctor;

/// <summary>Whether there is a CLI, which one, and whether it can do what is asked of it.</summary>
internal static class CliCheck
{
    public static async Task<IReadOnlyList<Finding>> RunAsync(ClaudeCli cli, ClaudeHome home, string? keySource, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var path = cli.Find(out var problem);
        findings.Add(path is null ? new Finding("cli", false, "not found", problem + CliSetup.Offer(path)) : new Finding("cli", true, path));
        if (path is not null)
        {
            findings.AddRange(Abilities(await ClaudeCapabilities.OfAsync(path, home, TimeProvider.System).WaitAsync(cancellationToken)));
        }

        findings.Add((keySource ?? home.CredentialSource) is { } source
            ? new Finding("credentials", true, source)
            : new Finding("credentials", false, "none", "Set ANTHROPIC_API_KEY, point Pilotlight:Claude:ConfigDirectory at a signed-in folder, or use --simulate."));
        return findings;
    }

    private static IEnumerable<Finding> Abilities(ClaudeCapabilities able)
    {
        if (able.Version is null || able.Version < ClaudeCapabilities.LeastVersion)
        {
            return [new("version", false, able.Version?.ToString() ?? "unknown", able.Problem)];
        }

        return
        [
            new("version", true, able.Version.ToString()),
            able.Problem is null
                ? new("capabilities", true, "takes text as text, stays warm over stream-json, streams partial messages, keeps no sessions of its own")
                : new("capabilities", false, $"it does not know {string.Join(", ", able.MissingOptions)}", able.Problem),
        ];
    }
}
