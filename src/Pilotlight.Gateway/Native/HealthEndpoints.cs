using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Network;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Access;
using Pilotlight.Wire;

namespace Pilotlight.Gateway.Native;

/// <summary><c>/healthz/live</c> says that the server runs, <c>/healthz/ready</c> that turns can be served.</summary>
internal static class HealthEndpoints
{
    public const string ReadyTag = "ready";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/healthz/live", Options(_ => false)).AllowWithoutKey("Whoever restarts a dead server has no key.");
        routes.MapHealthChecks("/healthz/ready", Options(check => check.Tags.Contains(ReadyTag))).AllowWithoutKey("Whoever balances load has no key.");
    }

    private static HealthCheckOptions Options(Func<HealthCheckRegistration, bool> which) => new() { Predicate = which, ResponseWriter = WriteAsync };

    private static Task WriteAsync(HttpContext http, HealthReport report) => http.Response.WriteAsJsonAsync(new
    {
        status = JsonNamingPolicy.CamelCase.ConvertName(report.Status.ToString()),
        checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new { status = JsonNamingPolicy.CamelCase.ConvertName(entry.Value.Status.ToString()), entry.Value.Description }),
    });
}

/// <summary>Whether there is a CLI that can be used and something for it to sign in with.</summary>
internal sealed class ClaudeHealthCheck(ClaudeCli cli, ClaudeHome home, ClaudeRelay relay, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (cli.Find(out var problem) is not { } path)
        {
            return HealthCheckResult.Unhealthy(problem);
        }

        if ((await ClaudeCapabilities.OfAsync(path, home, time).WaitAsync(cancellationToken)).Problem is { } unfit)
        {
            return HealthCheckResult.Unhealthy(unfit);
        }

        return (relay.KeySource ?? home.CredentialSource) is { } source
            ? HealthCheckResult.Healthy($"credentials: {source}")
            : HealthCheckResult.Unhealthy(
                "There is no key and no sign-in. Set ANTHROPIC_API_KEY, point Pilotlight:Claude:ConfigDirectory at a signed-in one, or use --simulate.");
    }
}

/// <summary>Whether there is somewhere to send calls to: degraded while an upstream rests or cannot be reached.</summary>
/// <remarks>Never worse than degraded: another server would have the same upstreams, and an API that is away comes back.</remarks>
internal sealed class UpstreamHealthCheck(ClaudeRelay relay) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var upstreams = relay.Relay?.Upstreams ?? [];
        var described = string.Join("; ", upstreams.Select(Describe));
        return Task.FromResult(upstreams.All(upstream => upstream.IsUsable) ? HealthCheckResult.Healthy(described) : HealthCheckResult.Degraded(described));
    }

    // The address is the host's business, and a problem names it: whoever has no key hears names alone.
    private static string Describe(UpstreamHealth upstream) => upstream switch
    {
        { Problem: not null } => $"{upstream.Name}: cannot be reached, see the log or 'pilotlight doctor'",
        { RestsUntil: { } until } => $"{upstream.Name}: rests until {until:HH:mm:ss} UTC",
        _ => $"{upstream.Name}: usable",
    };
}
