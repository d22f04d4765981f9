namespace Pilotlight.Processes;

/// <summary>
/// Which version of a program's file a process was started from: the CLI updates itself under running processes.
/// </summary>
/// <param name="Length">The file's size in bytes.</param>
/// <param name="WrittenAt">When it was last written.</param>
internal sealed record ProgramStamp(long Length, DateTime WrittenAt)
{
    /// <summary>The file's stamp now, through links; null when there is no file.</summary>
    public static ProgramStamp? Of(string fileName)
    {
        try
        {
            var file = new FileInfo(fileName);
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return file.Exists ? new ProgramStamp(file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
