using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Tells user interfaces in this process that a turn was taken on.</summary>
/// <remarks>Handlers run on the thread of the change and must be quick. Safe for concurrent use.</remarks>
public sealed class TurnNews(ThreadNews threads)
{
    /// <summary>A turn was taken on.</summary>
    public event Action<Turn>? Began;

    internal void TellBegan(Turn turn)
    {
        Began?.Invoke(turn);
        threads.TellChanged(turn.ThreadId);
    }
}
