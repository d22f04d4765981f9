using System.Diagnostics;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Telemetry;

/// <summary>A turn as a span, with the wait for a process and the wait for the first token within it. One instance a turn.</summary>
internal sealed class TurnTrace : IDisposable
{
    private readonly TurnTelemetry _telemetry;
    private readonly string _api;
    private readonly Activity? _turn;
    private Activity? _firstToken;

    private TurnTrace(TurnTelemetry telemetry, string api, Activity? turn) => (_telemetry, _api, _turn) = (telemetry, api, turn);

    /// <summary>Begins the span, under the request's.</summary>
    public static TurnTrace Begin(TurnTelemetry telemetry, string api, string? model, string? turnId, TimeSpan overhead)
    {
        telemetry.Began(api, overhead);
        var turn = telemetry.Activities.StartActivity(TurnTelemetry.TurnSpan, ActivityKind.Client);
        turn?.SetTag(TurnTelemetry.Operation, "chat").SetTag(TurnTelemetry.Provider, "anthropic").SetTag(TurnTelemetry.Api, api)
            .SetTag(TurnTelemetry.ModelAsked, model).SetTag(TurnTelemetry.TurnId, turnId);
        return new TurnTrace(telemetry, api, turn);
    }

    /// <summary>The span, for those of the turn's calls.</summary>
    public ActivityContext Context => _turn?.Context ?? default;

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
                _turn?.SetTag(TurnTelemetry.ModelAnswered, completed.Model)
                    .SetTag(TurnTelemetry.InputTokens, completed.Usage.ContextTokens - completed.Usage.OutputTokens)
                    .SetTag(TurnTelemetry.OutputTokens, completed.Usage.OutputTokens);
                _telemetry.Ended(_api, completed);
                break;
            case TurnFailed failed:
                _turn?.SetStatus(ActivityStatusCode.Error).SetTag(TurnTelemetry.ErrorType, failed.Error.Kind.ToString());
                _telemetry.Ended(_api, failed);
                break;
            case TurnCancelled or TurnAwaitsTools or TurnAwaitsApproval:
                _turn?.SetTag(TurnTelemetry.End, TurnTelemetry.EndOf(turnEvent));
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
            TurnTelemetry.AcquireSpan, ActivityKind.Internal, _turn!.Context, startTime: now - started.Acquire))
        {
            acquire?.SetTag(TurnTelemetry.Source, started.Source.ToString().ToLowerInvariant()).SetEndTime(now.UtcDateTime);
        }

        _firstToken = _telemetry.Activities.StartActivity(TurnTelemetry.FirstTokenSpan, ActivityKind.Internal, _turn.Context);
    }

    private void EndFirstToken()
    {
        _firstToken?.Dispose();
        _firstToken = null;
    }
}
