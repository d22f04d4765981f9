using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Pilotlight.Claude.Sessions;
using Pilotlight.Cluster;
using Pilotlight.Core.Telemetry;
using Pilotlight.Processes;

namespace Pilotlight.Tool.Serving;

/// <summary>Metrics for Prometheus to fetch, and all signals to a collector when the standard variable names one.</summary>
internal static class Telemetry
{
    private const string CollectorVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // The libraries' own boundaries begin at five seconds.
    private static readonly ExplicitBucketHistogramConfiguration s_short = new()
    {
        Boundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly ExplicitBucketHistogramConfiguration s_long = new()
    {
        Boundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 300, 1800],
    };

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("pilotlight"))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddMeter(WarmPool.MeterName, SessionMetrics.MeterName, TurnTelemetry.Name, ClusterRegistration.MeterName)
                .AddView("gen_ai.server.time_to_first_token", s_short)
                .AddView("gen_ai.client.operation.duration", s_long)
                .AddView("pilotlight.gateway.overhead", s_short)
                .AddPrometheusExporter())
            .WithTracing(traces => traces
                // Whoever puts a key into an address is refused; the key must not live on in the trace.
                .AddAspNetCoreInstrumentation(http => http.EnrichWithHttpRequest = static (span, _) => span.SetTag("url.query", null))
                .AddSource(TurnTelemetry.Name));
        if (!string.IsNullOrEmpty(configuration[CollectorVariable]))
        {
            telemetry.UseOtlpExporter();
        }

        return services;
    }
}
