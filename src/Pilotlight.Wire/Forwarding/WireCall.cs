using System.Diagnostics;
using Pilotlight.Wire.Bodies;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Forwarding;

/// <summary>A request on its way through the relay.</summary>
internal sealed class WireCall
{
    public static readonly HttpRequestOptionsKey<WireCall> Key = new("Pilotlight.Wire.Call");

    /// <summary>When it arrived.</summary>
    public required long StartedAt { get; init; }

    public required RequestBody Body { get; init; }

    /// <summary>What it is when it asks for a message; null for everything else, which is only passed on.</summary>
    public CallInfo? Info { get; init; }

    /// <summary>The model it names; empty when it names none.</summary>
    public required string Model { get; init; }

    /// <summary>Whether the caller's own credential goes along.</summary>
    public bool IsSignedIn { get; init; }

    /// <summary>Whether a CLI made it.</summary>
    public bool IsOfCli { get; init; }

    public ICallBudget? Budget { get; init; }

    public ICallObserver? Observer { get; init; }

    public ActivityContext Trace { get; init; }

    public bool HasParameters { get; init; }

    /// <summary>Whether the turn itself asked for the <c>max_tokens</c> that a CLI's call has.</summary>
    public bool EndsAtMaxTokens { get; init; }

    /// <summary>Values added to the <c>anthropic-beta</c> header.</summary>
    public IReadOnlyCollection<string> Betas { get; init; } = [];
}
