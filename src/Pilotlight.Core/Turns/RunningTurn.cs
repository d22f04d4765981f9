using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Pilotlight.Core.Turns;

/// <summary>A turn in progress: what it holds, and how it is stopped. Safe for concurrent use.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Sources without timers hold nothing; a turn may be cancelled at any time, also after its end.")]
internal class RunningTurn(TurnLease lease, long acceptedAt, TimeProvider time)
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();

    /// <summary>What it holds.</summary>
    public TurnLease Lease => lease;

    /// <summary>When the request for it came, as a timestamp.</summary>
    public long AcceptedAt => acceptedAt;

    /// <summary>What the gateway itself took before the turn was the adapter's.</summary>
    public TimeSpan Overhead => FirstToken.Gateway;

    /// <summary>Where the turn's process came from, once it has one.</summary>
    public string? Acquire { get; set; }

    /// <summary>Where its wait for the first token goes.</summary>
    public FirstTokenClock FirstToken { get; } = new(time, acceptedAt);

    /// <summary>The upstream that answered last; null while none has.</summary>
    public string? Upstream { get; set; }

    /// <summary>What the API told last of its own limits: the values of its <c>anthropic-ratelimit-…</c> headers by their names.</summary>
    public IReadOnlyDictionary<string, string> ApiLimits { get; set; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Whether the server, not the user, stops it.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>Completes when it has ended and all of it is stored and booked.</summary>
    public Task Ended { get; set; } = Task.CompletedTask;

    /// <summary>Stops the model.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>The server ends: an end that cannot be stored is left to the next start.</summary>
    public CancellationToken GivenUp => _giveUp.Token;

    public Task CancelAsync() => _stop.CancelAsync();

    public Task InterruptAsync()
    {
        IsInterrupted = true;
        return _stop.CancelAsync();
    }

    public Task GiveUpAsync() => _giveUp.CancelAsync();
}
