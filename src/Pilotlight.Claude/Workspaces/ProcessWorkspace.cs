using Pilotlight.Claude.Installation;

namespace Pilotlight.Claude.Workspaces;

/// <summary>The folder that one process works in; disposing removes it unless a conversation has taken it.</summary>
internal sealed class ProcessWorkspace(WorkspaceStore store, string folder) : IDisposable
{
    private bool _isTaken;

    /// <summary>Its path outside of all walls.</summary>
    public string Path => folder;

    /// <summary>Gives it to a conversation, with what that one has already; begins it from a source when that one has nothing.</summary>
    /// <exception cref="IOException">It cannot be begun from there; says why.</exception>
    public void Attach(string conversationId, WorkspaceSource? source)
    {
        _isTaken = true;
        if (store.Find(conversationId) is null)
        {
            source?.CopyTo(folder, conversationId);
        }

        store.Attach(conversationId, folder);
    }

    public void Dispose()
    {
        if (!_isTaken)
        {
            ProcessFolder.TryRemove(folder);
        }
    }
}
