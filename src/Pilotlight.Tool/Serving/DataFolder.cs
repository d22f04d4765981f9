using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Serving;

/// <summary>The data folder, held by one gateway at a time: a second one would take the first one's running turns for lost.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _lock;

    private DataFolder(string folder, FileStream held) => (_folder, _lock) = (folder, held);

    /// <summary>Takes the folder, and makes it when it is not there.</summary>
    /// <exception cref="StartException">It cannot be made or written, or another gateway has it.</exception>
    public static DataFolder Take(string folder)
    {
        try
        {
            Create(folder);

            // The lock goes with the process that holds it, also when that is killed.
            return new DataFolder(folder, Lock(folder));
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

    /// <summary>Makes the folder when it is not there, for its user alone.</summary>
    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
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
            using var free = Lock(folder);
            return null;
        }
        catch (IOException)
        {
            return File.Exists(AddressPath(folder)) && Uri.TryCreate(File.ReadAllText(AddressPath(folder)), UriKind.Absolute, out var address)
                ? address
                : null;
        }
    }

    /// <summary>Leaves word of where the gateway listens.</summary>
    public void Announce(Uri address) => File.WriteAllText(AddressPath(_folder), address.ToString());

    public void Dispose() => _lock.Dispose();

    // On Unix only FileShare.None is an exclusive lock, which also keeps out readers: so the address has a file of its own.
    private static FileStream Lock(string folder) => new(LockPath(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private static string AddressPath(string folder) => Path.Combine(folder, "gateway.address");

    private static string LockPath(string folder) => Path.Combine(folder, "gateway.lock");
}
