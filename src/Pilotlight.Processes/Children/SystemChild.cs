using System.Diagnostics;

namespace Pilotlight.Processes;

/// <summary>A process of the system.</summary>
internal sealed class SystemChild(Process process) : IChild
{
    public int Id { get; } = process.Id;

    public Stream Input { get; } = process.StandardInput.BaseStream;

    public Stream Output { get; } = process.StandardOutput.BaseStream;

    public Stream Errors { get; } = process.StandardError.BaseStream;

    public void WhenEnded(Action<int> ended)
    {
        process.Exited += (_, _) => ended(ExitCode());
        process.EnableRaisingEvents = true;
    }

    public void Dispose() => process.Dispose();

    // One that was given up may end just as it is let go.
    private int ExitCode()
    {
        try
        {
            return process.ExitCode;
        }
        catch (InvalidOperationException)
        {
            return ProcessExit.Unknown;
        }
    }
}
