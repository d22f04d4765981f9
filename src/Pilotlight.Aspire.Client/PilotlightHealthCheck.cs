using Microsoft.Extensions.Diagnostics.HealthChecks;
using Pilotlight.Client;
using Pilotlight.Client.Problems;

namespace Pilotlight.Aspire.Client;

/// <summary>Whether the gateway answers, by its liveness: what it lacks itself is its own check's to tell.</summary>
internal sealed class PilotlightHealthCheck(PilotlightClient gateway) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var isSimulated = await gateway.IsSimulatedAsync(cancellationToken);
            return HealthCheckResult.Healthy(isSimulated ? "The gateway answers, from a simulated model." : "The gateway answers.");
        }
        catch (PilotlightException fault)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, fault.Message, fault);
        }
    }
}
