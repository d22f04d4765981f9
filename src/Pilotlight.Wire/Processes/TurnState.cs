using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Processes;

/// <summary>A turn as it runs: its settings, and how far it is.</summary>
internal sealed class TurnState(WireTurn turn)
{
    private int _firstLength = -1;
    private int _calls;
    private int _withParameters;

    public WireTurn Turn => turn;

    public int Calls => Volatile.Read(ref _calls);

    public int CallsWithParameters => Volatile.Read(ref _withParameters);

    public void Count(bool hasParameters)
    {
        Interlocked.Increment(ref _calls);
        if (hasParameters)
        {
            Interlocked.Increment(ref _withParameters);
        }
    }

    /// <summary>Whether a main call is the turn's first one, or that one made again: it has as many messages.</summary>
    public bool IsFirst(int messages) =>
        Interlocked.CompareExchange(ref _firstLength, messages, -1) is var first && (first == -1 || first == messages);
}
