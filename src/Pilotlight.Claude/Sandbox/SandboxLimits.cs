namespace Pilotlight.Claude.Sandbox;

/// <summary>What a process behind walls may use at most; <c>Pilotlight:Claude:Profiles:NAME:Limits</c>.</summary>
public sealed class SandboxLimits
{
    /// <summary>Processes and threads at a time, the CLI's own twenty or so among them. Default: 512.</summary>
    public int Processes { get; set; } = 512;

    /// <summary>Memory of each program that the shell tool starts, in bytes. Default: 2 GiB.</summary>
    public long Memory { get; set; } = 2L << 30;

    /// <summary>Memory of all processes of one sandbox together, in bytes; looked at once a second while a turn runs. Default: 4 GiB.</summary>
    public long TotalMemory { get; set; } = 4L << 30;

    /// <summary>The longest file that can be written, in bytes. Default: 1 GiB.</summary>
    public long FileSize { get; set; } = 1L << 30;

    /// <summary>All temporary files together, in bytes; they are kept in memory. Default: 256 MiB.</summary>
    public long Temporary { get; set; } = 256L << 20;

    /// <summary>All files of a thread's workspace together, in bytes. Default: 1 GiB.</summary>
    public long Workspace { get; set; } = 1L << 30;

    /// <summary>Every fault of the settings.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Processes < 64)
        {
            yield return $"Processes is {Processes}; it must be 64 or more, of which the CLI takes some twenty.";
        }

        foreach (var (name, bytes) in new[] { (nameof(Memory), Memory), (nameof(TotalMemory), TotalMemory), (nameof(FileSize), FileSize), (nameof(Temporary), Temporary), (nameof(Workspace), Workspace) })
        {
            if (bytes < 16 << 20)
            {
                yield return $"{name} is {bytes}; it must be {16 << 20} bytes (16 MiB) or more.";
            }
        }
    }
}
