using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Turns;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Calls;

/// <summary>One call that another node has left here: it runs from the first read on, for as long as it is read. One reader at a time.</summary>
internal sealed partial class ReceivedCall
{
    // Longer than any deadline of those who read, so that nobody is left to hear of it.
    private static readonly TimeSpan Unread = TimeSpan.FromSeconds(10);

    // Shorter than any, so that an answer without events is one too.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    private const int MostAtOnce = 200;

    private readonly CallOffer _offer;
    private readonly ICallHost _host;
    private readonly NodeCallers _callers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action _forget;
    private readonly ITimer _unread;
    private Task<CallBatch?>? _beginning;
    private ICallTurn? _turn;
    private IAsyncEnumerator<TurnEvent>? _events;
    private Task<bool>? _next;
    private volatile bool _isEnded;

    public ReceivedCall(CallOffer offer, ICallHost host, NodeCallers callers, TimeProvider time, ILogger logger, Action forget)
    {
        (_offer, _host, _callers, _time, _logger, _forget) = (offer, host, callers, time, logger, forget);
        _unread = time.CreateTimer(_ => _ = EndAsync(), null, Unread, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What comes next of it.</summary>
    public async Task<CallBatch> ReadAsync()
    {
        _unread.Change(Unread, Timeout.InfiniteTimeSpan);
        _beginning ??= Task.Run(BeginAsync); // To read and to count a long history takes longer than whoever asks waits for an answer.
        if (!await CompletesAsync(_beginning))
        {
            return new CallBatch();
        }

        if (await _beginning is { } refused)
        {
            await EndAsync();
            return refused;
        }

        _events ??= _turn!.ReadAsync(CancellationToken.None).GetAsyncEnumerator();
        var (events, isOver) = await ReadNextAsync(_events);
        if (isOver)
        {
            await EndAsync();
        }

        return new CallBatch { HasBegun = true, IsOver = isOver, Events = events.Count > 0 ? CallEvent.Write(events) : null, Upstream = _turn!.Upstream };
    }

    /// <summary>Nobody hears of it any more. A turn that has not ended is stopped, and booked by its own end.</summary>
    public async Task EndAsync()
    {
        _isEnded = true;
        _forget();
        await _unread.DisposeAsync();
        await (_turn?.CancelAsync() ?? Task.CompletedTask);
    }

    // Null when it has begun. What it is refused for is told in the first answer that waits for it.
    private async Task<CallBatch?> BeginAsync()
    {
        try
        {
            if (await _callers.FindAsync(_offer.KeyId) is not { } caller)
            {
                return new CallBatch { IsOver = true };
            }

            _turn = await _host.BeginAsync(new HandedCall(_offer.KeyId, _offer.Fingerprint, _offer.Api, _offer.Name, _offer.Body), caller, _time.GetTimestamp());
        }
        catch (ProblemException fault)
        {
            return new CallBatch { IsOver = true, Problem = NodeProblems.Write(fault.Problem) };
        }
        catch (Exception fault)
        {
            // Nothing has run: the node that asks tries it itself, and tells its caller what it meets.
            LogNotBegun(_logger, fault);
            return new CallBatch { IsOver = true };
        }

        if (_isEnded)
        {
            await _turn.CancelAsync(); // It was let go while it began.
        }

        return null;
    }

    // All that is there; when nothing is, what comes within a moment.
    private async Task<(List<TurnEvent> Events, bool IsOver)> ReadNextAsync(IAsyncEnumerator<TurnEvent> events)
    {
        var read = new List<TurnEvent>();
        _next ??= events.MoveNextAsync().AsTask();
        if (!await CompletesAsync(_next))
        {
            return (read, false);
        }

        while (_next.IsCompleted && read.Count < MostAtOnce)
        {
            if (!await _next)
            {
                return (read, true);
            }

            read.Add(events.Current);
            if (CallEvent.IsLast(events.Current))
            {
                return (read, true);
            }

            _next = events.MoveNextAsync().AsTask();
        }

        return (read, false);
    }

    private async Task<bool> CompletesAsync(Task task)
    {
        await task.WaitAsync(Patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call that another node handed over could not begin here")]
    private static partial void LogNotBegun(ILogger logger, Exception fault);
}
