namespace Pilotlight.Core.Threads;

/// <summary>Tells user interfaces in this process that a thread changed, so that none has to ask again and again.</summary>
/// <remarks>Handlers run on the thread of the change and must be quick. Safe for concurrent use.</remarks>
public sealed class ThreadNews
{
    /// <summary>A thread was made, changed or deleted, or had a turn; its id.</summary>
    public event Action<string>? Changed;

    internal void TellChanged(string threadId) => Changed?.Invoke(threadId);
}
