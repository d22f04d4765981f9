using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Pilotlight.Core.Turns;

/// <summary>The turns in progress on this server: each is run on a task of its own, and seen to its end.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed partial class RunningTurns(TurnPlaces places, IOptions<RelayOptions> relay, TimeProvider time, ILogger<RunningTurns> logger)
{
    // How long turns that were broken off may take to end, and to be stored.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, RunningTurn> _turns = new(StringComparer.Ordinal);

    private TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the next turn begins to run.</summary>
    public Task Begun => Volatile.Read(ref _begun).Task;

    /// <summary>How many there are.</summary>
    public int Count => _turns.Count;

    /// <summary>Runs a turn; it is found by its lease's id until it has ended.</summary>
    public void Run(RunningTurn turn, Func<Task> run)
    {
        _turns[turn.Lease.Id] = turn;
        turn.Ended = RunToEndAsync(turn, run);
        Interlocked.Exchange(ref _begun, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>The thread's turn of this id in progress here, or null.</summary>
    public LiveTurn? Find(string turnId) => _turns.GetValueOrDefault(turnId) as LiveTurn;

    /// <summary>The turn in progress of a thread, or null.</summary>
    public LiveTurn? FindOfThread(string threadId) => _turns.Values.OfType<LiveTurn>().FirstOrDefault(live => live.Turn.ThreadId == threadId);

    /// <summary>Ends the turns that nobody has followed for long: what they say from here on would be paid for and read by nobody.</summary>
    public void EndUnwatched()
    {
        foreach (var live in _turns.Values.OfType<LiveTurn>())
        {
            if (live.LookForReaders(time) > relay.Value.UnwatchedTimeout)
            {
                LogUnwatched(logger, live.Turn.Id, relay.Value.UnwatchedTimeout);
                _ = live.CancelAsync();
            }
        }
    }

    /// <summary>Breaks all off: they are not this server's any more. Does not wait for their ends.</summary>
    public Task BreakOffAsync() => Task.WhenAll(_turns.Values.Select(turn => turn.InterruptAsync()));

    /// <summary>Takes no new turns; running ones finish until their time is up, and the rest are told.</summary>
    public async Task DrainAsync()
    {
        places.Close();
        var (startedAt, running) = (time.GetTimestamp(), places.Taken);
        LogDraining(logger, running);
        if (!await AreGoneWithinAsync(relay.Value.DrainTimeout))
        {
            LogInterrupting(logger, places.Taken);
            await Task.WhenAll(_turns.Values.Select(turn => turn.InterruptAsync()));
            if (!await AreGoneWithinAsync(EndPatience))
            {
                // The store is away, or a process does not answer: the next start ends them.
                await Task.WhenAll(_turns.Values.Select(turn => turn.GiveUpAsync()));
                await AreGoneWithinAsync(EndPatience);
            }
        }

        var (took, left) = (time.GetElapsedTime(startedAt).TotalSeconds, places.Taken);
        LogDrained(logger, took, running - left, left);
    }

    private async Task<bool> AreGoneWithinAsync(TimeSpan patience)
    {
        await Task.WhenAny(places.Empty, Task.Delay(patience, time));
        return places.Empty.IsCompleted;
    }

    private async Task RunToEndAsync(RunningTurn turn, Func<Task> run)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await run();
        }
        finally
        {
            turn.Lease.Close();
            _turns.TryRemove(turn.Lease.Id, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: {Count} turns are running, no new ones are taken")]
    private static partial void LogDraining(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Turns have stopped after {Seconds:0.0} s: {Ended} have ended, {Left} are left to the next start")]
    private static partial void LogDrained(ILogger logger, double seconds, int ended, int left);

    [LoggerMessage(Level = LogLevel.Information, Message = "Turn {Turn} is cancelled: nobody has followed it for {Limit}")]
    private static partial void LogUnwatched(ILogger logger, string turn, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} turns did not end in time and are interrupted")]
    private static partial void LogInterrupting(ILogger logger, int count);
}
