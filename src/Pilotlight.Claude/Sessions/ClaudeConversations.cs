using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Sessions;

/// <summary>Runs conversations on the pool's processes and keeps each one's process hot between its turns.</summary>
/// <remarks>A hot process is ended when it was idle for too long, or when more are hot than allowed: the one unused for longest first.</remarks>
internal sealed partial class ClaudeConversations : IClaudeConversations, IAsyncDisposable
{
    // A process parked or hot that turns out dead is bad luck, three in a row are a fault to be told.
    private const int MaxSwaps = 3;

    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly WarmPool _pool;
    private readonly ClaudeProfiles _profiles;
    private readonly ClaudeOptions _claude;
    private readonly ClaudeSessionOptions _sessions;
    private readonly SessionMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _eviction;
    private int _evictionIsArmed;
    private int _disposed;

    public ClaudeConversations(
        WarmPool pool,
        ClaudeProfiles profiles,
        IOptions<ClaudeOptions> claude,
        IOptions<ClaudeSessionOptions> sessions,
        SessionMetrics metrics,
        TimeProvider time,
        ILogger<ClaudeConversations> logger)
    {
        (_pool, _profiles, _claude, _sessions, _metrics, _time, _logger) = (pool, profiles, claude.Value, sessions.Value, metrics, time, logger);
        metrics.ObserveHot(() => HotCount);
        pool.MemoryShort += EvictForMemory;
        _eviction = time.CreateTimer(_ => EvictIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private int HotCount => _slots.Values.Count(slot => slot.Session is not null);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> CountHot() => _slots.Values
        .Select(slot => slot.Session?.ProcessProfile)
        .OfType<string>()
        .CountBy(name => name)
        .ToDictionary(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async IAsyncEnumerable<TurnEvent> RunTurnAsync(
        Conversation conversation,
        IReadOnlyList<UserContent> content,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var startedAt = _time.GetTimestamp();
        if (await TryEnterAsync(conversation.Id, cancellationToken) is not { } entered)
        {
            yield return new TurnCancelled("", TurnUsage.None, null);
            yield break;
        }

        using var leaving = entered;
        var slot = entered.Slot;
        var (session, source, failure) = await TryOpenAsync(slot, conversation, cancellationToken);
        if (session is null)
        {
            yield return failure is null
                ? new TurnCancelled("", TurnUsage.None, null)
                : new TurnFailed(failure, "", TurnUsage.None, null);
            yield break;
        }

        yield return new TurnStarted(source, _time.GetElapsedTime(startedAt));
        for (var swaps = 0; ; swaps++)
        {
            try
            {
                await foreach (var turnEvent in session.RunAsync(content, startedAt, cancellationToken))
                {
                    if (swaps < MaxSwaps && turnEvent is TurnFailed { Error.Kind: TurnErrorKind.CliCrashed } && !session.WasHeard)
                    {
                        break;
                    }

                    if (turnEvent is TurnCompleted completed)
                    {
                        _metrics.Completed(source, completed);
                    }

                    yield return turnEvent;
                    if (turnEvent is TurnCompleted or TurnFailed or TurnCancelled)
                    {
                        yield break;
                    }
                }
            }
            finally
            {
                // Also when the caller stopped listening in the middle: then nobody knows what the process is doing.
                await KeepOrEndAsync(slot, session);
            }

            // Its process had died unnoticed and the model was asked nothing: another one takes the turn.
            (var fresh, _, failure) = await TryOpenAsync(slot, conversation, cancellationToken);
            if (fresh is null)
            {
                yield return failure is null
                    ? new TurnCancelled("", TurnUsage.None, null)
                    : new TurnFailed(failure, "", TurnUsage.None, null);
                yield break;
            }

            session = fresh;
        }
    }

    /// <inheritdoc/>
    public async Task WarmAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        using var entered = await EnterAsync(conversation.Id, cancellationToken);
        var (session, _, failure) = await TryOpenAsync(entered.Slot, conversation, cancellationToken);
        if (session is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ClaudeException(failure!);
        }

        await KeepOrEndAsync(entered.Slot, session);
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(string conversationId)
    {
        using var entered = await EnterAsync(conversationId, CancellationToken.None);
        await EndAsync(entered.Slot, "forgotten");
    }

    /// <summary>Ends every hot process; turns in progress are their callers' to cancel first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _pool.MemoryShort -= EvictForMemory;
        await _eviction.DisposeAsync();
        await Task.WhenAll(_slots.Values.Select(slot => EndAsync(slot, "stopped").AsTask()));
    }

    private async ValueTask<(ClaudeSession? Session, AcquireSource Source, TurnError? Failure)> TryOpenAsync(
        Slot slot, Conversation conversation, CancellationToken cancellationToken)
    {
        if (slot.Session is { } live)
        {
            if (live.IsUsable && live.IsAlive && live.Key == SessionKey.Of(conversation))
            {
                return (live, live.HasRun ? AcquireSource.Hot : AcquireSource.Warm, null);
            }

            await EndAsync(slot, "stale");
        }

        try
        {
            var kind = _profiles.For(conversation.Profile, conversation.SystemPrompt);
            await MakeRoomAsync(slot);
            slot.Session = await OpenAsync(kind, conversation, cancellationToken);
            LogBound(_logger, conversation.Id, slot.Session.ProcessId, slot.Session.Source, conversation.History.Count);
            return (slot.Session, slot.Session.Source, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (null, default, null);
        }
        catch (Exception fault) when (fault is ClaudeException or ProcessStartException or PoolRejectedException or PoolStoppedException
            or IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return (null, default, TurnErrors.FromStart(fault));
        }
    }

    private async ValueTask<ClaudeSession> OpenAsync(ClaudeProcessKind kind, Conversation conversation, CancellationToken cancellationToken)
    {
        for (var swaps = 0; ; swaps++)
        {
            var lease = await _pool.AcquireAsync(kind.Process, cancellationToken);
            try
            {
                return await ClaudeSession.OpenAsync(lease, kind, conversation, _claude, _time, _logger, cancellationToken);
            }
            catch (Exception fault) when (swaps < MaxSwaps && fault is IOException or InvalidOperationException or ClaudeException { Error.Kind: TurnErrorKind.CliCrashed })
            {
                // It had died unnoticed.
            }
        }
    }

    // One more is about to be hot: without room the least recently used one goes, which its next turn pays for.
    private async ValueTask MakeRoomAsync(Slot forWhom)
    {
        while (HotCount >= Math.Max(1, _sessions.MaxHot))
        {
            if (!await TryEndOldestAsync(forWhom, "displaced"))
            {
                return; // All are at work: the pool's own cap decides.
            }
        }
    }

    private async Task<bool> TryEndOldestAsync(Slot? forWhom, string reason)
    {
        var oldest = _slots.Values
            .Where(slot => slot != forWhom && slot.Session is not null && !slot.IsBusy)
            .MinBy(slot => slot.LastUsedAt);
        if (oldest is null || !oldest.TryEnter())
        {
            return false;
        }

        await EndAsync(oldest, reason);
        oldest.Leave();
        return true;
    }

    // One a measurement, as the pool gives up one parked process a measurement.
    private void EvictForMemory() => _ = TryEndOldestAsync(null, "memory");

    private async ValueTask KeepOrEndAsync(Slot slot, ClaudeSession session)
    {
        slot.LastUsedAt = _time.GetTimestamp();
        if (!session.IsUsable || !session.IsAlive || _sessions.MaxHot == 0 || _sessions.IdleTimeout == TimeSpan.Zero || _disposed != 0)
        {
            await EndAsync(slot, session.IsUsable ? "not kept" : "unusable");
            return;
        }

        ArmEviction(_sessions.IdleTimeout);
    }

    // Never pushed back: with a turn now and then, a timer that each of them restarts would never come due.
    private void ArmEviction(TimeSpan due)
    {
        if (Interlocked.Exchange(ref _evictionIsArmed, 1) == 0)
        {
            _eviction.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private async ValueTask EndAsync(Slot slot, string reason)
    {
        if (slot.TakeSession() is { } session)
        {
            LogEnded(_logger, session.Key.Id, session.ProcessId, reason);
            _metrics.Ended(reason);
            await session.DisposeAsync();
        }
    }

    private void EvictIdle()
    {
        Volatile.Write(ref _evictionIsArmed, 0);
        var next = Timeout.InfiniteTimeSpan;
        foreach (var (id, slot) in _slots)
        {
            var left = _sessions.IdleTimeout - _time.GetElapsedTime(slot.LastUsedAt);
            if (left > TimeSpan.Zero)
            {
                next = next == Timeout.InfiniteTimeSpan || left < next ? left : next;
            }
            else if (slot.TryEnter())
            {
                _ = EvictAsync(id, slot);
            }
        }

        if (_disposed == 0 && next != Timeout.InfiniteTimeSpan)
        {
            ArmEviction(next);
        }
    }

    private async Task EvictAsync(string id, Slot slot)
    {
        _slots.TryRemove(KeyValuePair.Create(id, slot));
        slot.IsRemoved = true;
        await EndAsync(slot, "idle");
        slot.Leave();
    }

    private async ValueTask<Entered?> TryEnterAsync(string conversationId, CancellationToken cancellationToken)
    {
        try
        {
            return await EnterAsync(conversationId, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async ValueTask<Entered> EnterAsync(string conversationId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var slot = _slots.GetOrAdd(conversationId, static (_, time) => new Slot(time.GetTimestamp()), _time);
            await slot.EnterAsync(cancellationToken);
            if (!slot.IsRemoved)
            {
                return new Entered(slot);
            }

            slot.Leave();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Conversation {Conversation} took process {ProcessId} ({Source}), {Messages} earlier messages replayed")]
    private static partial void LogBound(ILogger logger, string conversation, int processId, AcquireSource source, int messages);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Conversation {Conversation} gave up process {ProcessId}: {Reason}")]
    private static partial void LogEnded(ILogger logger, string conversation, int processId, string reason);

    /// <summary>The place of one conversation: its turns enter one at a time.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
    private sealed class Slot(long madeAt)
    {
        private readonly SemaphoreSlim _turn = new(1, 1);
        private ClaudeSession? _session;

        public ClaudeSession? Session
        {
            get => _session;
            set => _session = value;
        }

        public long LastUsedAt { get; set; } = madeAt;

        public bool IsRemoved { get; set; }

        public bool IsBusy => _turn.CurrentCount == 0;

        public Task EnterAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

        public bool TryEnter() => _turn.Wait(0);

        public void Leave() => _turn.Release();

        public ClaudeSession? TakeSession() => Interlocked.Exchange(ref _session, null);
    }

    private readonly struct Entered(Slot slot) : IDisposable
    {
        public Slot Slot => slot;

        public void Dispose() => slot.Leave();
    }
}
