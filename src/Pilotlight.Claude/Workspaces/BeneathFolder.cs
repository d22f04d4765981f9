using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Pilotlight.Claude.Workspaces;

/// <summary>Opens what is below a folder, and nothing that a link, <c>..</c> or a mount below it leads to, whoever changes it meanwhile.</summary>
/// <remarks>The kernel holds it (<c>openat2</c>, Linux 5.6): a check of ours would be over when the file is opened.</remarks>
[SupportedOSPlatform("linux")]
internal static unsafe partial class BeneathFolder
{
    private const long OpenAt2 = 437; // The same on every processor.
    private const int CurrentFolder = -100;
    private const ulong ReadOnly = 0;
    private const ulong NonBlocking = 0x800; // A pipe that somebody made there is not waited for.
    private const ulong CloseOnExec = 0x80000;
    private const ulong PathOnly = 0x200000;
    private const ulong NoMountsLinksOrParents = 0x01 | 0x02 | 0x04 | 0x08;
    private const int NoSuchFile = 2;
    private const int NoFolder = 20;

    // O_DIRECTORY is another bit on Arm.
    private static readonly ulong Folder = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000UL : 0x10000UL;

    /// <summary>The folder itself, as what others are opened below.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string folder) => Call(CurrentFolder, folder, PathOnly | Folder, 0) ?? throw new DirectoryNotFoundException($"'{folder}' is no folder.");

    /// <summary>A folder below another; null when there is none by that name.</summary>
    /// <exception cref="IOException">It is a link, or cannot be opened.</exception>
    public static SafeFileHandle? OpenFolder(SafeFileHandle parent, string path) => Call((int)parent.DangerousGetHandle(), path, PathOnly | Folder, NoMountsLinksOrParents);

    /// <summary>A file below a folder, to be read; null when there is none by that name.</summary>
    /// <exception cref="IOException">It is a link or no plain file, or cannot be opened.</exception>
    public static FileStream? OpenFile(SafeFileHandle parent, string path)
    {
        if (Call((int)parent.DangerousGetHandle(), path, ReadOnly | NonBlocking, NoMountsLinksOrParents) is not { } handle)
        {
            return null;
        }

        try
        {
            var file = new FileStream(handle, FileAccess.Read);
            return file.CanSeek ? file : throw new IOException($"'{path}' is no plain file.");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>A path that leads through an open folder, whatever its own path is by now.</summary>
    public static string Through(SafeFileHandle folder, string name = "") => $"/proc/self/fd/{folder.DangerousGetHandle()}/{name}";

    private static SafeFileHandle? Call(int parent, string path, ulong flags, ulong resolve)
    {
        var how = new Instructions { Flags = flags | CloseOnExec, Mode = 0, Resolve = resolve };
        var descriptor = OpenBeneath(OpenAt2, parent, path, &how, (nuint)sizeof(Instructions));
        if (descriptor >= 0)
        {
            return new SafeFileHandle((nint)descriptor, ownsHandle: true);
        }

        return Marshal.GetLastPInvokeError() is NoSuchFile or NoFolder
            ? null
            : throw new IOException($"'{path}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long OpenBeneath(long number, int parent, string path, Instructions* how, nuint size);

    private struct Instructions
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
