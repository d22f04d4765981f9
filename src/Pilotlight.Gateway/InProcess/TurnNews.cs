using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.InProcess;

/// <summary>Tells user interfaces in this process that something changed, so that none has to ask again and again.</summary>
/// <remarks>Handlers run on the thread of the change and must be quick. Safe for concurrent use.</remarks>
public sealed class TurnNews
{
    /// <summary>A turn was taken on.</summary>
    public event Action<Turn>? Began;

    /// <summary>A thread was made, changed or deleted, or had a turn; its id.</summary>
    public event Action<string>? ThreadChanged;

    internal void TellBegan(Turn turn)
    {
        Began?.Invoke(turn);
        ThreadChanged?.Invoke(turn.ThreadId);
    }

    internal void TellThreadChanged(string threadId) => ThreadChanged?.Invoke(threadId);
}
