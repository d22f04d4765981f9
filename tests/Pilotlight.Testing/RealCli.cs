using System.Runtime.InteropServices;

namespace Pilotlight.Testing;

/// <summary>The pinned CLI that the tests run.</summary>
public static class RealCli
{
    /// <summary>Its native binary: named by PILOTLIGHT_TEST_CLAUDE, or installed under <c>eng/claude-cli</c>.</summary>
    public static string Path { get; } = Locate();

    /// <summary>Where one about a month older would be: it is installed by hand, or by CI.</summary>
    public static string Older { get; } = Installed("claude-cli-older");

    /// <summary>The repository's root.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    private static string Locate()
    {
        if (Environment.GetEnvironmentVariable("PILOTLIGHT_TEST_CLAUDE") is { Length: > 0 } named)
        {
            return named;
        }

        var installed = Installed("claude-cli");
        return File.Exists(installed)
            ? installed
            : throw new InvalidOperationException($"The tests need the pinned CLI at '{installed}'. Run ./test.sh, which installs it.");
    }

    private static string Installed(string folder)
    {
        var platform = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        return System.IO.Path.Combine(FindRoot(), "eng", folder, "node_modules", "@anthropic-ai", $"claude-code-{platform}", "claude");
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "Pilotlight.slnx")))
        {
            folder = System.IO.Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests run inside the repository.");
    }
}
