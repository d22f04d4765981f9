using System.Text;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Serving;

/// <summary>The data folder, held by one gateway at a time: a second one would take the first one's running turns for lost.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Takes the folder, and makes it when it is not there.</summary>
    /// <exception cref="StartException">It cannot be made or written, or another gateway has it.</exception>
    public static DataFolder Take(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            // The lock goes with the process that holds it, also when that is killed.
            return new DataFolder(new FileStream(LockPath(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        }
        catch (IOException) when (FindServer(folder) is { } server)
        {
            throw new StartException($"Pilotlight cannot start: the data folder '{folder}' is used by the gateway at {server}. Stop it, or choose another folder with --data.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartException(
                $"Pilotlight cannot start: the data folder '{folder}' cannot be written: {fault.Message} Choose another with --data, or correct its permissions.", fault);
        }
    }

    /// <summary>Where the gateway that has the folder listens; null when none has it.</summary>
    public static Uri? FindServer(string folder)
    {
        if (!File.Exists(LockPath(folder)))
        {
            return null;
        }

        try
        {
            using var free = new FileStream(LockPath(folder), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return null;
        }
        catch (IOException)
        {
            using var reader = new StreamReader(new FileStream(LockPath(folder), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return Uri.TryCreate(reader.ReadToEnd().Trim(), UriKind.Absolute, out var address) ? address : null;
        }
    }

    /// <summary>Leaves word of where the gateway listens.</summary>
    public void Announce(Uri address)
    {
        _lock.SetLength(0);
        _lock.Write(Encoding.UTF8.GetBytes(address.ToString()));
        _lock.Flush();
    }

    public void Dispose() => _lock.Dispose();

    private static string LockPath(string folder) => Path.Combine(folder, "gateway.lock");
}
