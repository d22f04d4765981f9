using System.Runtime.InteropServices;

namespace Pilotlight.Claude.Workspaces;

/// <summary>Renames whatever is there, links among it, which are not followed; what has the new name gives way.</summary>
/// <remarks>The framework's own looks first what a link leads to, and refuses by that.</remarks>
internal static partial class Renaming
{
    /// <exception cref="IOException">It cannot be renamed; names both paths.</exception>
    public static void Move(string from, string to)
    {
        if (Rename(from, to) != 0)
        {
            throw new IOException($"'{from}' cannot become '{to}': {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);
}
