using System.Diagnostics;
using Pilotlight.Claude.Sandbox;

namespace Pilotlight.Claude.Workspaces;

/// <summary>What a workspace begins as: a folder's files, or a git repository on a branch of its own.</summary>
/// <remarks>
/// A repository is cloned, and not given a second worktree: one shares the hooks and the configuration of the repository with all who work
/// in it, so that what an agent writes there would be run outside of its walls.
/// </remarks>
internal sealed class WorkspaceSource(string path)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, RecurseSubdirectories = false };

    /// <summary>Fills an empty folder, and gives it to those who are to work in it.</summary>
    /// <exception cref="IOException">It cannot be; says why.</exception>
    public void CopyTo(string folder, string conversationId)
    {
        if (Path.Exists(Path.Combine(path, ".git")))
        {
            // The folder is the walled user's already, and for git so a stranger's.
            Git("clone", "--quiet", "--no-hardlinks", "--", path, folder);
            Git("-c", $"safe.directory={folder}", "-C", folder, "checkout", "--quiet", "-b", $"pilotlight/{conversationId}");
        }
        else
        {
            Copy(new DirectoryInfo(path), folder);
        }

        Give(new DirectoryInfo(folder));
    }

    private static void Copy(DirectoryInfo from, string to)
    {
        foreach (var entry in from.EnumerateFileSystemInfos("*", Everything))
        {
            var there = Path.Combine(to, entry.Name);
            switch (entry)
            {
                case { LinkTarget: { } target }:
                    File.CreateSymbolicLink(there, target); // As it is: what it points to is not followed.
                    break;
                case DirectoryInfo folder:
                    Directory.CreateDirectory(there);
                    Copy(folder, there);
                    break;
                case FileInfo file:
                    file.CopyTo(there);
                    break;
            }
        }
    }

    private static void Give(DirectoryInfo folder)
    {
        FileOwner.GiveToWalled(folder.FullName);
        foreach (var entry in folder.EnumerateFileSystemInfos("*", Everything))
        {
            if (entry is DirectoryInfo { LinkTarget: null } inner)
            {
                Give(inner);
            }
            else
            {
                FileOwner.GiveToWalled(entry.FullName);
            }
        }
    }

    // The repository is the operator's, named in the settings; its hooks do not run at a clone, and nobody is asked for a password.
    private static void Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "core.hooksPath=/dev/null", .. arguments]) { RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        using var git = Process.Start(start)!;
        git.StandardInput.Close();
        var words = git.StandardError.ReadToEndAsync();
        if (!git.WaitForExit(Limit))
        {
            git.Kill(entireProcessTree: true);
            throw new IOException($"git took longer than {Limit.TotalMinutes:0} minutes for a workspace.");
        }

        if (git.ExitCode != 0)
        {
            throw new IOException($"git could not make a workspace: {words.GetAwaiter().GetResult().Trim()}");
        }
    }
}
