namespace Pilotlight.Claude.Installation;

/// <summary>Gives each process a folder of its own, and leaves none of them behind.</summary>
/// <remarks>
/// All of them stand in one folder with a file that this program holds locked for as long as it lives and no longer: the kernel lets
/// go of it at a kill as well. A folder whose file can be locked has lost its owner, and the next start removes it. Safe for
/// concurrent use.
/// </remarks>
internal sealed class ProcessFolders(ClaudeHome home) : IDisposable
{
    private const string Mark = "owner";

    private readonly Lock _gate = new();
    private readonly TemporaryRoot _root = home.TemporaryRoot;
    private string? _folder;
    private FileStream? _mark;
    private int _count;
    private volatile bool _disposed;

    /// <summary>Whether its host has ended.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>A folder for one process; disposing removes it.</summary>
    /// <exception cref="IOException">It cannot be made; names the folder.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be made; names the folder.</exception>
    public ProcessFolder Open()
    {
        lock (_gate)
        {
            Claim();
            return new ProcessFolder(_folder!, ++_count);
        }
    }

    /// <summary>Removes what owners left that are gone; returns how many they were.</summary>
    /// <remarks>Nothing where a lock keeps nobody out, on some network drives: there no owner can be told from none.</remarks>
    public int Sweep()
    {
        lock (_gate)
        {
            Claim();
            return TryLock(_folder!) is { } second && Unlock(second) ? 0 : _root.Owners().Count(folder => folder != _folder && TryRemoveForsaken(folder));
        }
    }

    /// <summary>Removes what is still there.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_folder is { } folder)
            {
                Empty(folder);
                _mark!.Dispose();
                _folder = null;
            }
        }
    }

    private void Claim()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (_folder is null)
        {
            var folder = _root.Create();
            try
            {
                _mark = new FileStream(Path.Combine(folder, Mark), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
                _folder = folder;
            }
            catch (IOException) when (!Directory.Exists(folder) || File.Exists(Path.Combine(folder, Mark)))
            {
                // A sweep, or another owner with the same idea, came between the two.
            }
        }
    }

    private static bool TryRemoveForsaken(string folder)
    {
        if (TryLock(folder) is not { } mark)
        {
            return false;
        }

        Empty(folder);
        return Unlock(mark);
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, Mark), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null; // Its owner lives, or is another user; or it is no folder of ours.
        }
    }

    private static bool Unlock(FileStream mark)
    {
        mark.Dispose();
        return true;
    }

    // The mark goes after all else: a sweep that is broken off leaves something for the next.
    private static void Empty(string folder)
    {
        if (Directory.Exists(folder) && Directory.GetDirectories(folder).All(ProcessFolder.TryRemove))
        {
            ProcessFolder.TryRemove(folder);
        }
    }
}
