using Pilotlight.Claude;
using Pilotlight.Wire;

namespace Pilotlight.Tool.Doctor;

/// <summary>Whether each place that calls are sent to can be reached. Nothing is asked of a model, and no key is sent.</summary>
internal static class UpstreamCheck
{
    /// <summary>The settings that a key is in; null when none of them has one.</summary>
    public static string? KeySource(WireOptions wire) =>
        wire.Enabled && wire.Upstreams.Any(upstream => upstream.HasCredential()) ? "Pilotlight:Wire:Upstreams" : null;

    public static async Task<IReadOnlyList<Finding>> RunAsync(WireOptions wire, ClaudeOptions claude, CancellationToken cancellationToken)
    {
        if (!wire.Enabled)
        {
            return [new("upstreams", true, "the CLI calls the API by itself (Pilotlight:Wire:Enabled)")];
        }

        await using var relay = new Relay(wire, new RelaySetup { ApiKey = claude.ApiKey, BaseUrl = claude.BaseUrl });
        return [.. (await relay.ProbeAsync(cancellationToken)).Select(Describe)];
    }

    private static Finding Describe(UpstreamHealth upstream)
    {
        var name = $"upstream {upstream.Name}";
        return upstream.Problem is { } problem
            ? new Finding(name, false, $"{upstream.Kind} at {upstream.Address}", problem)
            : new Finding(name, true, $"{upstream.Kind} at {upstream.Address} answers");
    }
}
