using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Pilotlight.Claude.Sandbox;

namespace Pilotlight.Claude.Workspaces;

/// <summary>One entry of a workspace's folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind"><c>file</c>, <c>folder</c> or <c>other</c>: a link, which is not followed, or what is no plain file.</param>
/// <param name="Size">A file's length in bytes; else 0.</param>
/// <param name="ChangedAt">When it was last written to.</param>
public sealed record WorkspaceEntry(string Name, string Kind, long Size, DateTimeOffset ChangedAt);

/// <summary>The files of a workspace, for those outside: an agent may be changing them meanwhile, and mean ill. Safe for concurrent use.</summary>
[SupportedOSPlatform("linux")]
internal sealed class WorkspaceFiles(WorkspaceStore store)
{
    private const int MostParts = 64;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0 };

    /// <summary>The parts of a path; null when it is none within a folder.</summary>
    public static string[]? Parts(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return [];
        }

        var parts = path.TrimEnd('/').Split('/');
        return parts.Length <= MostParts && parts.All(part => part is not ("" or "." or "..") && !part.Contains('\0', StringComparison.Ordinal) && part.Length <= 255) ? parts : null;
    }

    /// <summary>What is in a folder, by name; null when there is no such folder.</summary>
    public IReadOnlyList<WorkspaceEntry>? List(string conversationId, string[] parts) => store.Within(conversationId, folder =>
    {
        using var root = BeneathFolder.Open(folder);
        using var listed = BeneathFolder.OpenFolder(root, parts.Length == 0 ? "." : string.Join('/', parts));
        return listed is null
            ? null
            : new DirectoryInfo(BeneathFolder.Through(listed)).EnumerateFileSystemInfos("*", Everything)
                .Select(Describe).OrderBy(entry => entry.Name, StringComparer.Ordinal).ToList();
    });

    /// <summary>A file, to be read and disposed of; null when there is none.</summary>
    /// <exception cref="IOException">A link leads there, or it is no plain file.</exception>
    public FileStream? Open(string conversationId, string[] parts) => store.Within(conversationId, folder =>
    {
        using var root = BeneathFolder.Open(folder);
        return BeneathFolder.OpenFile(root, string.Join('/', parts));
    });

    /// <summary>Puts a file in its place, which must be on the same file system; whether it was new there.</summary>
    /// <exception cref="IOException">A folder is in its place, or a link on the way.</exception>
    public bool Put(string conversationId, string[] parts, string staged) => store.Within(conversationId, folder =>
    {
        using var root = BeneathFolder.Open(folder);
        using var parent = Make(root, parts[..^1]);
        var place = BeneathFolder.Through(parent, parts[^1]);
        var isNew = !Path.Exists(place) && new FileInfo(place).LinkTarget is null;
        FileOwner.GiveToWalled(staged);
        Renaming.Move(staged, place);
        return isNew ? new object() : this;
    }) != this;

    /// <summary>Removes a file, or a folder with all in it; false when there is none.</summary>
    /// <exception cref="IOException">A link is on the way.</exception>
    public bool Delete(string conversationId, string[] parts) => store.Within(conversationId, folder =>
    {
        using var root = BeneathFolder.Open(folder);
        using var parent = parts.Length == 1 ? BeneathFolder.Open(folder) : BeneathFolder.OpenFolder(root, string.Join('/', parts[..^1]));
        return parent is not null && Remove(parent, parts[^1]) ? this : null;
    }) is not null;

    private static WorkspaceEntry Describe(FileSystemInfo entry) => entry switch
    {
        { LinkTarget: not null } => new(entry.Name, "other", 0, entry.LastWriteTimeUtc),
        DirectoryInfo => new(entry.Name, "folder", 0, entry.LastWriteTimeUtc),
        FileInfo file => new(entry.Name, "file", file.Length, entry.LastWriteTimeUtc),
        _ => new(entry.Name, "other", 0, entry.LastWriteTimeUtc),
    };

    private static SafeFileHandle Make(SafeFileHandle root, string[] parts)
    {
        var at = BeneathFolder.OpenFolder(root, ".")!;
        foreach (var part in parts)
        {
            using var parent = at;
            if (BeneathFolder.OpenFolder(parent, part) is not { } next)
            {
                Directory.CreateDirectory(BeneathFolder.Through(parent, part));
                FileOwner.GiveToWalled(BeneathFolder.Through(parent, part));
                next = BeneathFolder.OpenFolder(parent, part) ?? throw new IOException($"'{part}' was taken away meanwhile.");
            }

            at = next;
        }

        return at;
    }

    // Folder by folder through what is open, so that none can be exchanged for a link on the way.
    private static bool Remove(SafeFileHandle parent, string name)
    {
        var path = BeneathFolder.Through(parent, name);
        var entry = new FileInfo(path);
        if (entry.LinkTarget is not null || !Directory.Exists(path))
        {
            if (entry.LinkTarget is null && !entry.Exists)
            {
                return false;
            }

            File.Delete(path);
            return true;
        }

        using (var folder = BeneathFolder.OpenFolder(parent, name))
        {
            foreach (var inner in folder is null ? [] : new DirectoryInfo(BeneathFolder.Through(folder)).EnumerateFileSystemInfos("*", Everything).ToList())
            {
                Remove(folder!, inner.Name);
            }
        }

        Directory.Delete(path);
        return true;
    }
}
