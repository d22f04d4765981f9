using System.Collections.Concurrent;
using Pilotlight.Claude.Turns;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Claude.Network;

/// <summary>What the wire tells of one turn's calls: what they used, who answered, and how the answer stopped. One instance a turn.</summary>
/// <remarks>Told on the wire's threads, read on the turn's.</remarks>
internal sealed class TurnCalls(ICallObserver? next) : ICallObserver
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, CallUsage> _used = [];
    private readonly ConcurrentQueue<CallRetry> _retries = new();
    private readonly HashSet<long> _open = [];
    private TaskCompletionSource _quiet = NewQuiet(isSet: true);
    private TurnUsage _before = TurnUsage.None;

    /// <summary>Completes when no call is on its way: what they used is known then.</summary>
    public Task Quiet
    {
        get
        {
            lock (_gate)
            {
                return _quiet.Task;
            }
        }
    }

    /// <summary>Whether the API was called at all.</summary>
    public bool Any
    {
        get
        {
            lock (_gate)
            {
                return _used.Count > 0 || _before != TurnUsage.None;
            }
        }
    }

    /// <summary>The tokens of all of them, each attempt's and each subagent's.</summary>
    public TurnUsage Total
    {
        get
        {
            lock (_gate)
            {
                return _used.Values.Aggregate(_before, static (sum, call) =>
                    sum + call.ToTurn());
            }
        }
    }

    /// <summary>The model that answers the conversation itself, by its full name; null when that is not known.</summary>
    public string? Model { get; private set; }

    /// <summary>The upstream that answered last; null when none did.</summary>
    public string? Upstream { get; private set; }

    /// <summary>Why the API ended the answer; null when that is not known. Of its own stop at a limit that was set here the CLI is not told.</summary>
    public string? StopReason { get; private set; }

    /// <summary>The text that stopped the answer, as the caller had asked; null when another reason did.</summary>
    public string? StopSequence { get; private set; }

    /// <summary>How long the API asked to be left alone at its last answer; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>The turn goes on where an earlier part of it had used this.</summary>
    public void Resume(TurnUsage before)
    {
        lock (_gate)
        {
            _before = before;
        }
    }

    /// <summary>Upstreams that failed and were left for another since it was last asked.</summary>
    public IEnumerable<TurnRetrying> TakeRetries()
    {
        while (_retries.TryDequeue(out var retry))
        {
            yield return new TurnRetrying(retry.Attempt, retry.Attempt + 1, TimeSpan.Zero, retry.Status);
        }
    }

    public void Started(CallInfo info)
    {
        lock (_gate)
        {
            _quiet = _open.Count == 0 ? NewQuiet(isSet: false) : _quiet;
            _open.Add(info.Id);
        }

        next?.Started(info);
    }

    public void Retrying(CallInfo info, CallRetry retry)
    {
        _retries.Enqueue(retry);
        next?.Retrying(info, retry);
    }

    public void Answered(CallInfo info, CallAnswer answer)
    {
        Upstream = answer.Upstream;
        next?.Answered(info, answer);
    }

    public void FirstText(CallInfo info, TimeSpan after) => next?.FirstText(info, after);

    public void Used(CallInfo info, CallUsage usage)
    {
        lock (_gate)
        {
            _used[info.Id] = usage;
        }

        next?.Used(info, usage);
    }

    public void Ended(CallInfo info, CallReport report)
    {
        lock (_gate)
        {
            if (report.Usage != CallUsage.None)
            {
                _used[info.Id] = report.Usage;
            }

            if (_open.Remove(info.Id) && _open.Count == 0)
            {
                _quiet.TrySetResult();
            }
        }

        if (info.Purpose is CallPurpose.Main or CallPurpose.Unknown)
        {
            (Model, StopReason, StopSequence, RetryAfter) = (report.Model ?? Model, report.StopReason, report.StopSequence, report.RetryAfter);
        }

        next?.Ended(info, report);
    }

    private static TaskCompletionSource NewQuiet(bool isSet)
    {
        var quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (isSet)
        {
            quiet.SetResult();
        }

        return quiet;
    }
}
