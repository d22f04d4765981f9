using System.Text;

namespace Pilotlight.Claude.Installation;

/// <summary>Where processes' own folders stand: below the CLI's home, or where that is too deep among the machine's temporary files.</summary>
/// <remarks>
/// The CLI makes Unix sockets in its temporary folder, and the kernel takes no path of a socket beyond some hundred bytes.
/// </remarks>
internal sealed record TemporaryRoot
{
    private const string MachinePrefix = "plcc-";

    // A zero byte ends the 108 bytes that Linux has for a socket's path, and the 104 of macOS and BSD. What comes below the root:
    // "/abcd" the owner's, "/99999/t" the process's, "/cc-socks/4194304.sock" the CLI's.
    private static readonly int LongestFolder = (OperatingSystem.IsLinux() ? 107 : 103) - 5 - 8 - 22;

    private readonly string? _folder;

    private TemporaryRoot(string? folder) => _folder = folder;

    /// <summary>The folder that is set, or one in the CLI's home if its path is short enough.</summary>
    /// <remarks>Among the machine's temporary files each owner has one with a random name, which no other user can have made before.</remarks>
    public static TemporaryRoot Of(ClaudeOptions options, string home) =>
        options.TemporaryDirectory is { Length: > 0 } set ? new(Path.GetFullPath(set))
        : Path.Combine(home, "tmp") is var ours && IsShortEnough(ours) ? new(ours)
        : new((string?)null);

    /// <summary>Why no sockets can be made where the settings say, if so.</summary>
    public static IEnumerable<string> Faults(ClaudeOptions options)
    {
        if (options.TemporaryDirectory is { Length: > 0 } set && !IsShortEnough(set))
        {
            yield return $"TemporaryDirectory is '{set}', {Bytes(set)} bytes long: the CLI makes sockets below it, whose paths the system bounds. Name a folder of at most {LongestFolder} bytes.";
        }
    }

    /// <summary>Makes a folder that nobody had before.</summary>
    public string Create()
    {
        if (_folder is null)
        {
            return Directory.CreateTempSubdirectory(MachinePrefix).FullName;
        }

        while (true)
        {
            var folder = Path.Combine(_folder, Path.GetRandomFileName()[..4]);
            if (!Directory.Exists(folder))
            {
                PrivateFolder.Create(_folder);
                PrivateFolder.Create(folder);
                return folder;
            }
        }
    }

    /// <summary>All such folders, whoever made them.</summary>
    public IReadOnlyList<string> Owners()
    {
        try
        {
            return _folder is null
                ? Directory.GetDirectories(Path.GetTempPath(), MachinePrefix + "*")
                : Directory.GetDirectories(_folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsShortEnough(string folder) => OperatingSystem.IsWindows() || Bytes(folder) <= LongestFolder;

    private static int Bytes(string folder) => Encoding.UTF8.GetByteCount(Path.GetFullPath(folder));
}
