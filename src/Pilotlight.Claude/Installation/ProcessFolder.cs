using System.Globalization;

namespace Pilotlight.Claude.Installation;

/// <summary>What one process has on disk for itself alone; disposing removes it.</summary>
internal sealed class ProcessFolder : IDisposable
{
    private readonly string _folder;

    /// <summary>Makes it.</summary>
    public ProcessFolder(string parent, int number)
    {
        _folder = Path.Combine(parent, number.ToString(CultureInfo.InvariantCulture));
        PrivateFolder.Create(Temporary);
    }

    /// <summary>For temporary files. A short path: the CLI makes sockets there.</summary>
    public string Temporary => Path.Combine(_folder, "t");

    /// <summary>For a configuration that no other process sees; not made yet.</summary>
    public string Configuration => Path.Combine(_folder, "c");

    /// <inheritdoc/>
    public void Dispose() => TryRemove(_folder);

    /// <summary>Removes a folder and all in it; what is still held or written to stays for the next sweep.</summary>
    public static bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
