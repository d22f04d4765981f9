using Microsoft.Extensions.Options;
using Pilotlight.Claude.Network;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Wire;

namespace Pilotlight.Gateway.Direct;

/// <summary>Which way a call of the compatible APIs takes: without a process where there is a key to call the API with. Safe for concurrent use.</summary>
internal sealed class DirectRoute(ClaudeRelay relay, IOptions<WireOptions> wire, IOptions<CompatibleOptions> compatible)
{
    /// <summary>What the response calls it.</summary>
    public const string Name = "direct";

    /// <summary>The relay, for calls that take its way; null where none can.</summary>
    public Relay? Relay => wire.Value.Direct == DirectMode.Auto && relay.HoldsKey ? relay.Relay : null;

    /// <summary>The way that a call takes.</summary>
    public CallRoute Of(string model) => Relay is not null && FullName(model) is not null ? CallRoute.Direct : relay.HoldsKey ? CallRoute.Wire : CallRoute.Cli;

    /// <summary>A model's name as the API knows it; null for one that only the CLI may know.</summary>
    public string? FullName(string model)
    {
        var meant = compatible.Value.Models.TryGetValue(model, out var other) ? other : model;
        return ModelNames.Aliases.TryGetValue(meant, out var full) ? full : meant.StartsWith("claude-", StringComparison.Ordinal) ? meant : null;
    }
}
