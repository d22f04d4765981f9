using System.Net.Sockets;
using System.Text;

namespace Pilotlight.Wire.Listening;

/// <summary>The file of a Unix socket: its place, its rights, and what a dead server left there.</summary>
internal static class UnixSocket
{
    // sockaddr_un, less the zero at the end.
    private static int MaxPathBytes => OperatingSystem.IsLinux() ? 107 : 103;

    /// <summary>Whether the CLI can be reached over one on this system.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    /// <summary>Makes a path free to listen on.</summary>
    /// <exception cref="IOException">The path is too long, something else is there, or another server listens on it.</exception>
    public static void Prepare(string path)
    {
        var length = Encoding.UTF8.GetByteCount(path);
        if (length > MaxPathBytes)
        {
            throw new IOException(
                $"The relay cannot listen on '{path}': it has {length} bytes, and a socket's path can have {MaxPathBytes}. Choose a shorter data folder.");
        }

        if (Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder))
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

        if (!File.Exists(path))
        {
            return;
        }

        if (!IsSocket(path))
        {
            throw new IOException($"The relay cannot listen on '{path}': there is a file that is no socket. Move it away, or choose another data folder.");
        }

        if (Answers(path))
        {
            throw new IOException($"The relay cannot listen on '{path}': another server does. Stop it, or choose another data folder.");
        }

        File.Delete(path);
    }

    /// <summary>Leaves it to the user alone.</summary>
    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    // .NET tells a socket from a plain file by nothing better than this.
    private static bool IsSocket(string path) => new FileInfo(path) is { Length: 0 } file && !file.Attributes.HasFlag(FileAttributes.Directory);

    private static bool Answers(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
