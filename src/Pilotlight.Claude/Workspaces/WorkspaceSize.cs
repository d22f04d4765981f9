namespace Pilotlight.Claude.Workspaces;

/// <summary>How large a workspace is.</summary>
internal static class WorkspaceSize
{
    private static readonly EnumerationOptions WithoutLinks = new() { AttributesToSkip = FileAttributes.ReparsePoint, RecurseSubdirectories = true, IgnoreInaccessible = true };

    /// <summary>Bytes of all its files; what goes away meanwhile is not counted.</summary>
    public static long Of(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles("*", WithoutLinks).Sum(file => file.Exists ? file.Length : 0);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
