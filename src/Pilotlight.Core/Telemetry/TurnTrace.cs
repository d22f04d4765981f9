using System.Diagnostics;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Telemetry;

/// <summary>A turn as a span, with the wait for a process and the wait for the first token within it. One instance a turn.</summary>
internal sealed class TurnTrace : IDisposable
{
    private readonly GatewayTelemetry _telemetry;
    private readonly string _api;
    private readonly Activity? _turn;
    private Activity? _firstToken;

    private TurnTrace(GatewayTelemetry telemetry, string api, Activity? turn) => (_telemetry, _api, _turn) = (telemetry, api, turn);

    /// <summary>Begins the span, under the request's.</summary>
    public static TurnTrace Begin(GatewayTelemetry telemetry, string api, string? model, string? turnId, TimeSpan overhead)
    {
        telemetry.Began(api, overhead);
        var turn = telemetry.Activities.StartActivity(GatewayTelemetry.TurnSpan, ActivityKind.Client);
        turn?.SetTag(GatewayTelemetry.Operation, "chat").SetTag(GatewayTelemetry.Provider, "anthropic").SetTag(GatewayTelemetry.Api, api)
            .SetTag(GatewayTelemetry.ModelAsked, model).SetTag(GatewayTelemetry.TurnId, turnId);
        return new TurnTrace(telemetry, api, turn);
    }

    /// <summary>Notes what an event says about the turn's time, not what it says.</summary>
    public void Saw(TurnEvent turnEvent)
    {
        switch (turnEvent)
        {
            case TurnStarted started when _turn is not null:
                Acquired(started);
                break;
            case TextDelta or ThinkingDelta or ToolStarted:
                EndFirstToken();
                break;
            case TurnCompleted completed:
                _turn?.SetTag(GatewayTelemetry.ModelAnswered, completed.Model)
                    .SetTag(GatewayTelemetry.InputTokens, completed.Usage.ContextTokens - completed.Usage.OutputTokens)
                    .SetTag(GatewayTelemetry.OutputTokens, completed.Usage.OutputTokens);
                _telemetry.Ended(_api, completed);
                break;
            case TurnFailed failed:
                _turn?.SetStatus(ActivityStatusCode.Error).SetTag(GatewayTelemetry.ErrorType, failed.Error.Kind.ToString());
                _telemetry.Ended(_api, failed);
                break;
            case TurnCancelled or TurnAwaitsTools:
                _turn?.SetTag(GatewayTelemetry.End, GatewayTelemetry.EndOf(turnEvent));
                _telemetry.Ended(_api, turnEvent);
                break;
        }
    }

    public void Dispose()
    {
        EndFirstToken();
        _turn?.Dispose();
    }

    private void Acquired(TurnStarted started)
    {
        var now = DateTimeOffset.UtcNow;
        using (var acquire = _telemetry.Activities.StartActivity(
            GatewayTelemetry.AcquireSpan, ActivityKind.Internal, _turn!.Context, startTime: now - started.Acquire))
        {
            acquire?.SetTag(GatewayTelemetry.Source, started.Source.ToString().ToLowerInvariant()).SetEndTime(now.UtcDateTime);
        }

        _firstToken = _telemetry.Activities.StartActivity(GatewayTelemetry.FirstTokenSpan, ActivityKind.Internal, _turn.Context);
    }

    private void EndFirstToken()
    {
        _firstToken?.Dispose();
        _firstToken = null;
    }
}
