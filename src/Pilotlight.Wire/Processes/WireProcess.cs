using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Rehearsals;

namespace Pilotlight.Wire.Processes;

/// <summary>A CLI process's way to the API; disposing it ends the way, and with it what its token is worth.</summary>
/// <remarks>Safe for concurrent use. Dispose it when the process has ended; calls that are on their way are not cut.</remarks>
public sealed class WireProcess : IDisposable
{
    private readonly ProcessTable _table;
    private TurnState _betweenTurns = new(new WireTurn());
    private TurnState? _turn;
    private WireRehearsal? _rehearsal;

    internal WireProcess(ProcessTable table, ProcessToken token, IReadOnlyDictionary<string, string> environment, bool isSignedIn)
    {
        (_table, Token, Environment, IsSignedIn) = (table, token, environment, isSignedIn);
        table.Add(this);
    }

    /// <summary>The variables that the process is to be started with, and none of the same names beside them.</summary>
    /// <remarks>The token stands in them; it opens this relay alone, and only until this object is disposed.</remarks>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Whether the process calls with its own sign-in: then its calls are read and never changed.</summary>
    public bool IsSignedIn { get; }

    internal ProcessToken Token { get; }

    /// <summary>Its own socket, where it has one.</summary>
    internal IDisposable? Listening { get; set; }

    /// <summary>The turn that a call belongs to which comes now.</summary>
    internal TurnState Current => Volatile.Read(ref _turn) ?? Volatile.Read(ref _betweenTurns);

    internal WireRehearsal? Rehearsal => Volatile.Read(ref _rehearsal);

    /// <summary>Rehearses the process: from now on its first call is answered by the relay, and taken out of every later one.</summary>
    /// <exception cref="InvalidOperationException">It is rehearsed already, or has a sign-in of its own, whose calls are never changed.</exception>
    public WireRehearsal BeginRehearsal(WireRehearsalOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (IsSignedIn)
        {
            throw new InvalidOperationException("The calls of a CLI that is signed in pass as they are: it cannot be rehearsed by the relay.");
        }

        var rehearsal = new WireRehearsal(options);
        return Interlocked.CompareExchange(ref _rehearsal, rehearsal, null) is null
            ? rehearsal
            : throw new InvalidOperationException("The process is rehearsed already.");
    }

    /// <summary>From now until the scope is disposed, the process's calls belong to this turn.</summary>
    /// <exception cref="InvalidOperationException">
    /// The process is in a turn already, or it has a sign-in of its own and <see cref="WireTurn.Parameters"/> would change its calls.
    /// </exception>
    public WireTurnScope BeginTurn(WireTurn turn)
    {
        ArgumentNullException.ThrowIfNull(turn);
        if (IsSignedIn && !turn.Parameters.IsEmpty)
        {
            throw new InvalidOperationException(
                "Parameters cannot be set on the calls of a CLI that is signed in: they pass as they are. Configure an API key (Pilotlight:Wire:Upstreams, or ANTHROPIC_API_KEY) for them.");
        }

        var state = new TurnState(turn);
        if (Interlocked.CompareExchange(ref _turn, state, null) is not null)
        {
            throw new InvalidOperationException("The process is in a turn already; dispose that one's scope first.");
        }

        Volatile.Write(ref _betweenTurns, new TurnState(new WireTurn { Observer = turn.Afterwards }));
        return new WireTurnScope(state, () => Interlocked.CompareExchange(ref _turn, null, state));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Listening?.Dispose();
        _table.Remove(this);
    }
}
