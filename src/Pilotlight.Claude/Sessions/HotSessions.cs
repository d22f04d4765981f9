using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Conversations;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Sessions;

/// <summary>Which conversations have a live process, and which of them give it up: idle too long, displaced, or short of memory.</summary>
/// <remarks>Safe for concurrent use. A session in a turn is never taken from it.</remarks>
internal sealed partial class HotSessions : IAsyncDisposable
{
    private static readonly TimeSpan EmptyPlaces = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, SessionSlot> _slots = new(StringComparer.Ordinal);
    private readonly Lock _trimming = new();
    private readonly WarmPool _pool;
    private readonly ClaudeSessionOptions _options;
    private readonly SessionMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _eviction;
    private int _evictionIsArmed;
    private int _disposed;

    public HotSessions(WarmPool pool, ClaudeSessionOptions options, SessionMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_pool, _options, _metrics, _time, _logger) = (pool, options, metrics, time, logger);
        metrics.ObserveHot(() => Count);
        _eviction = time.CreateTimer(_ => EvictIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private int Count => _slots.Values.Count(slot => slot.Session is not null);

    /// <summary>How many there are, by the name of their process's profile.</summary>
    public IReadOnlyDictionary<string, int> CountByProfile() => _slots.Values
        .Select(slot => slot.Session?.ProcessProfile)
        .OfType<string>()
        .CountBy(name => name)
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>Each of them.</summary>
    public IReadOnlyList<HotConversation> List() =>
    [
        .. _slots.Values
            .Select(slot => (slot.Session, slot.IsBusy))
            .Where(one => one.Session is not null)
            .Select(one => new HotConversation(one.Session!.Key.Id, one.Session.ProcessProfile, one.Session.ProcessId, one.IsBusy)),
    ];

    /// <summary>Waits for the conversation's turn.</summary>
    public async ValueTask<EnteredSlot> EnterAsync(string conversationId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var slot = _slots.GetOrAdd(conversationId, static (id, time) => new SessionSlot(id, time.GetTimestamp()), _time);
            await slot.EnterAsync(cancellationToken);
            if (slot is { IsRemoved: false, IsForgotten: false })
            {
                return new EnteredSlot(this, slot);
            }

            await RemoveAndLeaveAsync(slot, "forgotten");
        }
    }

    /// <summary>Ends the conversation's session and forgets its place; of one in a turn when that turn is over.</summary>
    public async ValueTask ForgetAsync(string conversationId)
    {
        if (!_slots.TryGetValue(conversationId, out var slot))
        {
            return;
        }

        // Said before it is tried: whoever is in it now looks for it after leaving.
        slot.IsForgotten = true;
        if (slot.TryEnter())
        {
            await RemoveAndLeaveAsync(slot, "forgotten");
        }
    }

    /// <summary>Makes place for one more: without room the least recently used one goes, which its next turn pays for.</summary>
    public async ValueTask MakeRoomAsync(SessionSlot forWhom)
    {
        while (Count >= Math.Max(1, _options.MaxHot))
        {
            if (!await TryEndOldestAsync(forWhom, "displaced"))
            {
                return; // All are at work: the pool's own cap decides.
            }
        }
    }

    /// <summary>For a caller who waits for a process: where no more can be started, the one unused for longest goes.</summary>
    public async ValueTask GiveWayAsync(SessionSlot forWhom)
    {
        if (_pool.IsShort)
        {
            await TryEndOldestAsync(forWhom, "displaced");
        }
    }

    /// <summary>After a turn: the session stays for the next one, unless it cannot or may not.</summary>
    public async ValueTask KeepOrEndAsync(SessionSlot slot, ClaudeSession session)
    {
        slot.LastUsedAt = _time.GetTimestamp();
        if (!session.IsUsable || !session.IsAlive || _options.MaxHot == 0 || _options.IdleTimeout == TimeSpan.Zero || _disposed != 0)
        {
            await EndAsync(slot, session.IsUsable ? "not kept" : "unusable");
        }

        // Also for a place that is empty now: places go with evictions.
        if (_disposed == 0)
        {
            ArmEviction(_options.IdleTimeout > TimeSpan.Zero ? _options.IdleTimeout : EmptyPlaces);
        }
    }

    /// <summary>When a turn has left: more turns at once than processes may be kept leave too many of them, and callers who wait for one. Those unused for longest go.</summary>
    public async ValueTask TrimAsync()
    {
        foreach (var slot in TakeSurplus())
        {
            await EndAndLeaveAsync(slot, "displaced");
        }
    }

    /// <summary>Ends the slot's session, if it has one.</summary>
    public async ValueTask EndAsync(SessionSlot slot, string reason)
    {
        if (slot.TakeSession() is { } session)
        {
            LogEnded(_logger, session.Key.Id, session.ProcessId, reason);
            _metrics.Ended(reason);
            try
            {
                await session.DisposeAsync();
            }
            catch (Exception fault)
            {
                // The process is the pool's to end; what failed is what the conversation had attached to it.
                LogNotDisposed(_logger, session.Key.Id, fault);
            }
        }
    }

    /// <summary>Gives up one process: one a measurement, as the pool gives up one parked process a measurement.</summary>
    public void EvictForMemory(object? pool, MemoryShortEventArgs measured) => _ = TryEndOldestAsync(null, "memory");

    /// <summary>Ends all of them at once, whatever they are doing.</summary>
    public Task EndAllAsync(string reason)
    {
        // All are killed before any end is waited for.
        var sessions = _slots.Values.ToArray();
        foreach (var slot in sessions)
        {
            slot.Session?.Kill();
        }

        return Task.WhenAll(sessions.Select(slot => EndAsync(slot, reason).AsTask()));
    }

    /// <summary>Ends all of them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _eviction.DisposeAsync();
        await Task.WhenAll(_slots.Values.Select(slot => EndAsync(slot, "stopped").AsTask()));
    }

    private async Task<bool> TryEndOldestAsync(SessionSlot? forWhom, string reason)
    {
        var oldest = Silent().Where(slot => slot != forWhom).MinBy(slot => slot.LastUsedAt);
        if (oldest is null || !oldest.TryEnter())
        {
            return false;
        }

        await EndAndLeaveAsync(oldest, reason);
        return true;
    }

    // Those that could give up their process now.
    private IEnumerable<SessionSlot> Silent() => _slots.Select(entry => entry.Value).Where(slot => slot.Session is { IsNeeded: false } && !slot.IsBusy);

    // One at a time, so that turns which end together do not give up a process each where one is to go. What is taken is entered.
    private List<SessionSlot> TakeSurplus()
    {
        lock (_trimming)
        {
            var silent = Silent().OrderBy(slot => slot.LastUsedAt).ToList();
            var surplus = Math.Max(silent.Count - _options.MaxHot, _pool.IsShort ? 1 : 0);
            return [.. silent.Take(surplus).Where(slot => slot.TryEnter())];
        }
    }

    // Never pushed back: with a turn now and then, a timer that each of them restarts would never come due.
    private void ArmEviction(TimeSpan due)
    {
        if (Interlocked.Exchange(ref _evictionIsArmed, 1) == 0)
        {
            _eviction.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private void EvictIdle()
    {
        Volatile.Write(ref _evictionIsArmed, 0);
        var next = Timeout.InfiniteTimeSpan;
        foreach (var slot in _slots.Values)
        {
            var left = _options.IdleTimeout - _time.GetElapsedTime(slot.LastUsedAt);
            if (left > TimeSpan.Zero)
            {
                next = next == Timeout.InfiniteTimeSpan || left < next ? left : next;
            }
            else if (slot.Session is { IsNeeded: true })
            {
                next = next == Timeout.InfiniteTimeSpan || _options.IdleTimeout < next ? _options.IdleTimeout : next;
            }
            else if (slot.TryEnter())
            {
                _ = RemoveAndLeaveAsync(slot, "idle");
            }
        }

        if (_disposed == 0 && next != Timeout.InfiniteTimeSpan)
        {
            ArmEviction(next);
        }
    }

    private Task RemoveAndLeaveAsync(SessionSlot slot, string reason)
    {
        _slots.TryRemove(KeyValuePair.Create(slot.ConversationId, slot));
        slot.IsRemoved = true;
        return EndAndLeaveAsync(slot, reason);
    }

    // The slot is entered; it is left whatever becomes of its session.
    private async Task EndAndLeaveAsync(SessionSlot slot, string reason)
    {
        try
        {
            await EndAsync(slot, reason);
        }
        finally
        {
            slot.Leave();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What conversation {Conversation} had attached to its process could not be let go")]
    private static partial void LogNotDisposed(ILogger logger, string conversation, Exception fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Conversation {Conversation} gave up process {ProcessId}: {Reason}")]
    private static partial void LogEnded(ILogger logger, string conversation, int processId, string reason);
}
