using System.Runtime.InteropServices;

namespace Pilotlight.Claude.Sandbox;

/// <summary>Gives files to the user that walled processes of a root server run as; elsewhere they are the server's own, and stay so.</summary>
internal static partial class FileOwner
{
    /// <summary>A number that no user has: between systemd's dynamic ones and "nobody", whom others may run as too.</summary>
    public const uint WalledUser = 65530;

    /// <summary>Gives a file, folder or socket away, not what a link points to.</summary>
    /// <exception cref="IOException">It cannot be; names the path.</exception>
    public static void GiveToWalled(string path)
    {
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && ChangeOwner(path, WalledUser, WalledUser) != 0)
        {
            throw new IOException($"'{path}' cannot be given to the user {WalledUser} that walled processes run as: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
