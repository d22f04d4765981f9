using Pilotlight.Claude.Workspaces;
using Pilotlight.Wire.Processes;

namespace Pilotlight.Claude.Profiles;

/// <summary>What one process has for itself alone: its folder, and its way to the API. Disposing takes both away.</summary>
internal sealed class ProcessBelongings(IDisposable folder, string configuration, WireProcess? wire, ProcessWorkspace? workspace = null) : IDisposable
{
    /// <summary>The CLI's configuration folder, where it looks for what it calls transcripts.</summary>
    public string Configuration => configuration;

    /// <summary>The folder that it works in as it sees it, where that is another than its profile's; null where it is the same.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Its way to the API; null where it calls by itself.</summary>
    public WireProcess? Wire => wire;

    /// <summary>The folder that the conversation it comes to is to have; null where its profile gives none.</summary>
    public ProcessWorkspace? Workspace => workspace;

    public void Dispose()
    {
        wire?.Dispose();
        workspace?.Dispose();
        folder.Dispose();
    }
}
