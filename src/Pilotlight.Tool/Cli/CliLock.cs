using System.Text.Json;

namespace Pilotlight.Tool.Cli;

/// <summary>Which Claude Code CLI to fetch, and the hash of each file of it.</summary>
/// <param name="Version">The CLI's version.</param>
/// <param name="Package">npm's <c>package.json</c>.</param>
/// <param name="Lock">npm's <c>package-lock.json</c>.</param>
internal sealed record CliLock(string Version, string Package, string Lock)
{
    /// <summary>npm's name of the CLI.</summary>
    public const string PackageName = "@anthropic-ai/claude-code";

    /// <summary>The one that this version of the program is built and tested with.</summary>
    public static CliLock Pinned { get; } = Parse(Resource("package.json"), Resource("package-lock.json"));

    /// <summary>Reads the version out of npm's files.</summary>
    public static CliLock Parse(string package, string packageLock)
    {
        using var document = JsonDocument.Parse(package);
        return new CliLock(document.RootElement.GetProperty("dependencies").GetProperty(PackageName).GetString()!, package, packageLock);
    }

    private static string Resource(string name)
    {
        using var stream = typeof(CliLock).Assembly.GetManifestResourceStream("claude-cli/" + name)
            ?? throw new InvalidOperationException($"The program was built without its {name} of the CLI.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
