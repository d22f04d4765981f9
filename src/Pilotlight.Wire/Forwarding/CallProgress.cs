using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Counting;
using Pilotlight.Wire.Telemetry;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Forwarding;

/// <summary>Follows one call for a message from its start to its end, and tells who wants to know.</summary>
/// <remarks>Used by one caller at a time; the end is told once, whoever comes to it first.</remarks>
internal sealed partial class CallProgress(WireCall call, WireMetrics metrics, TimeProvider time, ILogger logger)
{
    private readonly AnswerFacts _facts = new();
    private readonly Activity? _activity = WireMetrics.Start(call.Info!, call.Trace);
    private CallAnswer? _answer;
    private TimeSpan? _firstText;
    private IAnswerReader? _reader;
    private string? _requestId;
    private TimeSpan? _retryAfter;
    private int _attempts;
    private bool _isAllowed;
    private int _hasEnded;

    public CallInfo Info { get; } = call.Info!;

    private CallUsage Usage => _facts.Usage with { StreamedBytes = _facts.StreamedBytes };

    private TimeSpan Elapsed => time.GetElapsedTime(call.StartedAt);

    public void Started()
    {
        _isAllowed = true;
        Tell(observer => observer.Started(Info));
    }

    public void Asking(int attempt) => _attempts = attempt;

    public void Retrying(CallRetry retry)
    {
        metrics.Retried(retry);
        Tell(observer => observer.Retrying(Info, retry));
    }

    public void Answered(Upstream upstream, int status, bool isEvents, string? requestId, TimeSpan? retryAfter, IReadOnlyDictionary<string, string> limits)
    {
        _retryAfter = retryAfter;
        _answer = new CallAnswer(upstream.Name, _attempts, status, Elapsed) { RoundTrip = upstream.RoundTrip, Limits = limits };
        _requestId = requestId;
        _reader = isEvents ? new EventAnswerReader() : new WholeAnswerReader();
        Tell(observer => observer.Answered(Info, _answer));
    }

    public void Read(ReadOnlySpan<byte> piece)
    {
        var (usage, isSilent) = (_facts.Usage, !_facts.HasText);
        if (_reader is null || !_reader.Read(piece, _facts))
        {
            return;
        }

        if (!ReferenceEquals(usage, _facts.Usage))
        {
            Tell(observer => observer.Used(Info, Usage));
        }

        if (isSilent && _facts.HasText)
        {
            _firstText = Elapsed;
            Tell(observer => observer.FirstText(Info, _firstText.Value));
        }
    }

    /// <summary>All bytes have come.</summary>
    public void Finish()
    {
        var usage = _facts.Usage;
        _reader?.End(_facts);
        if (!ReferenceEquals(usage, _facts.Usage))
        {
            Tell(observer => observer.Used(Info, Usage));
        }

        End(_facts switch
        {
            _ when _answer?.Status >= 400 => CallOutcome.Failed,
            { Error: not null } => CallOutcome.Failed,
            { IsWhole: false } => CallOutcome.Cut,
            _ => CallOutcome.Completed,
        });
    }

    /// <summary>The answer broke off.</summary>
    public void Break(Exception fault)
    {
        _facts.Error ??= fault.GetType().Name;
        End(CallOutcome.Cut);
    }

    /// <summary>Whoever asked has gone, or has read all that it wanted.</summary>
    public void Leave() => End(_facts.IsWhole ? CallOutcome.Completed : CallOutcome.Abandoned);

    public void Refuse(ApiError error)
    {
        _facts.Error = error.Type;
        End(CallOutcome.Refused, error.Status);
    }

    public void Fail(ApiError error)
    {
        _facts.Error = error.Type;
        End(CallOutcome.Failed, error.Status);
    }

    private void End(CallOutcome outcome, int? status = null)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
        {
            return;
        }

        var report = new CallReport
        {
            Outcome = outcome,
            Status = status ?? _answer?.Status,
            Upstream = _answer?.Upstream,
            Attempts = _attempts,
            Model = _facts.Model,
            Usage = Usage,
            StopReason = _facts.StopReason,
            StopSequence = _facts.StopSequence,
            RequestId = _requestId,
            Error = _facts.Error,
            RetryAfter = _retryAfter,
            TimeToResponse = _answer?.After,
            TimeToFirstText = _firstText,
            Duration = Elapsed,
            HasParameters = call.HasParameters,
        };
        metrics.Ended(Info, report, _activity);
        if (_isAllowed && call.Budget is { } budget)
        {
            Guard(() => budget.Settle(Info, report.Usage));
        }

        Tell(observer => observer.Ended(Info, report));
    }

    private void Tell(Action<ICallObserver> tell)
    {
        if (call.Observer is { } observer)
        {
            Guard(() => tell(observer));
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault)
        {
            LogListener(fault);
        }
    }

    [LoggerMessage(LogLevel.Error, "A listener to calls on the wire failed; the call goes on without it.")]
    private partial void LogListener(Exception fault);
}
