using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Tool.Cli;

/// <summary>The CLIs that were fetched into a data folder, each version in a folder of its own.</summary>
internal sealed class CliFolder(string data)
{
    /// <summary>Where they are.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(data, "cli"));

    /// <summary>The binary of a version; null when it is not there.</summary>
    public string? Find(string version) => Binary(Of(version));

    /// <summary>The newest of all, with its version; null when there is none.</summary>
    public (string Binary, string Version)? FindNewest() => !Directory.Exists(Path) ? null : Directory.GetDirectories(Path)
        .Select(folder => (Folder: folder, Name: System.IO.Path.GetFileName(folder)))
        .Where(candidate => Version.TryParse(candidate.Name, out _))
        .OrderByDescending(candidate => Version.Parse(candidate.Name))
        .Select(candidate => (Binary: Binary(candidate.Folder), candidate.Name))
        .Where(candidate => candidate.Binary is not null)
        .Select(candidate => ((string, string)?)(candidate.Binary!, candidate.Name))
        .FirstOrDefault();

    /// <summary>Makes the folder.</summary>
    public void Create()
    {
        DataFolder.Create(data);
        Directory.CreateDirectory(Path);
    }

    /// <summary>The folder of a version, there or not.</summary>
    public string Of(string version) => System.IO.Path.Combine(Path, version);

    /// <summary>The binary that npm put below a folder; null when there is none that could run.</summary>
    /// <remarks>With npm's scripts off the package's own launcher is a stub, which is not meant: only the platform's binary beside it counts.</remarks>
    public static string? Binary(string folder)
    {
        var launcher = System.IO.Path.Combine([folder, "node_modules", .. CliLock.PackageName.Split('/'), "bin", "claude.exe"]);
        var found = File.Exists(launcher) ? new ClaudeCli(Options.Create(new ClaudeOptions { Path = launcher })).Find(out _) : null;
        return found == System.IO.Path.GetFullPath(launcher) ? null : found;
    }

    /// <summary>Deletes all versions but one.</summary>
    public void KeepOnly(string version)
    {
        foreach (var folder in Directory.GetDirectories(Path).Where(folder => System.IO.Path.GetFileName(folder) != version))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
