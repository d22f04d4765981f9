namespace Pilotlight.Claude.Installation;

/// <summary>Tells one binary from another, and from its successor in the same place.</summary>
internal readonly record struct BinaryStamp(string Path, long Length, DateTime WrittenAt)
{
    /// <summary>The one at a path; of one that is away for a moment only the path.</summary>
    public static BinaryStamp Of(string path)
    {
        var file = new FileInfo(path);
        if (file.Exists)
        {
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        }

        return new(file.FullName, file.Exists ? file.Length : 0, file.Exists ? file.LastWriteTimeUtc : default);
    }
}
