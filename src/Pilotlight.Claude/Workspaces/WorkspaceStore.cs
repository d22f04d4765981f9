using System.Security.Cryptography;
using System.Text;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Sandbox;

namespace Pilotlight.Claude.Workspaces;

/// <summary>The folders that conversations work in, one each: begun by the first process that takes one up, and kept until the conversation is forgotten for good.</summary>
/// <remarks>
/// A process is started in an empty folder of its own, before anybody knows whom it will serve, and cannot be moved. So a new conversation
/// takes the process's folder, and one that has a folder moves what is in it there, which on one file system is renaming: no parked
/// process is lost to it. A link for each conversation says which folder is its; the move is noted before it begins, and
/// finished by whoever looks next. Safe for concurrent use.
/// </remarks>
internal sealed class WorkspaceStore(ClaudeHome home)
{
    private const string MoveSuffix = ".to";

    private readonly Lock _gate = new();

    private string Folders => Path.Combine(home.WorkspacesDirectory, "folders");

    private string Links => Path.Combine(home.WorkspacesDirectory, "threads");

    /// <summary>An empty folder for a process that is about to be started.</summary>
    public ProcessWorkspace Open()
    {
        PrivateFolder.Create(home.WorkspacesDirectory);
        PrivateFolder.Create(Folders);
        PrivateFolder.Create(Links);
        var folder = Path.Combine(Folders, RandomNumberGenerator.GetHexString(16, lowercase: true));
        PrivateFolder.Create(folder);
        FileOwner.GiveToWalled(folder);
        return new ProcessWorkspace(this, folder);
    }

    /// <summary>The folder of a conversation, which is begun if it has none.</summary>
    /// <exception cref="IOException">It cannot be begun from its source; says why.</exception>
    public string Begin(string conversationId, WorkspaceSource? source)
    {
        if (Find(conversationId) is { } folder)
        {
            return folder;
        }

        using var fresh = Open();
        fresh.Attach(conversationId, source);
        return fresh.Path;
    }

    /// <summary>A path for a file that is to be moved into a workspace once it is whole.</summary>
    public string Stage()
    {
        var uploads = Path.Combine(home.WorkspacesDirectory, "uploads");
        PrivateFolder.Create(uploads);
        return Path.Combine(uploads, RandomNumberGenerator.GetHexString(16, lowercase: true));
    }

    /// <summary>The folder of a conversation; null when it has none yet.</summary>
    public string? Find(string conversationId)
    {
        lock (_gate)
        {
            return Resolve(conversationId);
        }
    }

    /// <summary>Does something in a conversation's folder while it is not moved; null when it has none yet.</summary>
    public T? Within<T>(string conversationId, Func<string, T?> act)
        where T : class
    {
        lock (_gate)
        {
            return Resolve(conversationId) is { } folder ? act(folder) : null;
        }
    }

    /// <summary>Makes a folder the conversation's, with what it has already; whether it had none before.</summary>
    public bool Attach(string conversationId, string folder)
    {
        lock (_gate)
        {
            var link = LinkOf(conversationId);
            if (Resolve(conversationId) is not { } former)
            {
                Point(link, folder);
                return true;
            }

            if (former != folder)
            {
                File.WriteAllText(link + MoveSuffix, Path.GetFileName(folder));
                FinishMove(link, former);
            }

            return false;
        }
    }

    /// <summary>Removes a conversation's folder, if it has one.</summary>
    public void Remove(string conversationId)
    {
        lock (_gate)
        {
            if (Resolve(conversationId) is { } folder)
            {
                File.Delete(LinkOf(conversationId));
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private string? Resolve(string conversationId)
    {
        var link = LinkOf(conversationId);
        if (new FileInfo(link).LinkTarget is not { } target)
        {
            return null;
        }

        var folder = Path.GetFullPath(target, Links);
        return File.Exists(link + MoveSuffix) ? FinishMove(link, folder) : folder;
    }

    private string FinishMove(string link, string former)
    {
        var next = Path.Combine(Folders, File.ReadAllText(link + MoveSuffix));
        if (former != next)
        {
            Directory.CreateDirectory(next);
            foreach (var entry in new DirectoryInfo(former).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }))
            {
                Renaming.Move(entry.FullName, Path.Combine(next, entry.Name));
            }

            Point(link, next);
            Directory.Delete(former);
        }

        File.Delete(link + MoveSuffix);
        return next;
    }

    private static void Point(string link, string folder)
    {
        var fresh = link + ".new";
        File.Delete(fresh);
        File.CreateSymbolicLink(fresh, Path.Combine("..", "folders", Path.GetFileName(folder)));
        Renaming.Move(fresh, link);
    }

    // A library's conversations have any names; a thread's id is a file's name as it is.
    private string LinkOf(string conversationId) => Path.Combine(
        Links,
        conversationId.Length is > 0 and <= 100 && conversationId.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? conversationId
            : "." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(conversationId))));
}
