using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Sessions;

/// <summary>Runs conversations on the pool's processes and keeps each one's process hot between its turns.</summary>
internal sealed partial class ClaudeConversations : IClaudeConversations, IAsyncDisposable
{
    // A process parked or hot that turns out dead is bad luck, three in a row are a fault to be told.
    private const int MaxSwaps = 3;

    private readonly HotSessions _hot;
    private readonly WarmPool _pool;
    private readonly ClaudeProfiles _profiles;
    private readonly ClaudeOptions _claude;
    private readonly SessionMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public ClaudeConversations(
        WarmPool pool,
        ClaudeProfiles profiles,
        ClaudeOptions claude,
        ClaudeSessionOptions sessions,
        SessionMetrics metrics,
        TimeProvider time,
        ILogger<ClaudeConversations> logger)
    {
        (_pool, _profiles, _claude, _metrics, _time, _logger) = (pool, profiles, claude, metrics, time, logger);
        _hot = new HotSessions(pool, sessions, metrics, time, logger);
        pool.MemoryShort += _hot.EvictForMemory;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> CountHot() => _hot.CountByProfile();

    /// <inheritdoc/>
    public IReadOnlyList<HotConversation> ListHot() => _hot.List();

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

        await using var leaving = entered;
        var slot = entered.Slot;
        var (session, source, failure) = await TryOpenAsync(slot, conversation, content, cancellationToken);
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
            var watch = session.Watch();
            try
            {
                await foreach (var turnEvent in session.RunAsync(conversation, content, startedAt, cancellationToken))
                {
                    if (swaps < MaxSwaps && turnEvent is TurnFailed { Error.Kind: TurnErrorKind.CliCrashed } && !session.WasHeard)
                    {
                        break;
                    }

                    if (turnEvent is TurnCompleted completed)
                    {
                        _metrics.Completed(source, completed);
                    }

                    yield return watch is { Exceeded: { } exceeded } && turnEvent is TurnFailed failed ? failed with { Error = exceeded } : turnEvent;
                    if (turnEvent is TurnCompleted or TurnFailed or TurnCancelled or TurnAwaitsTools or TurnAwaitsApproval)
                    {
                        yield break;
                    }
                }
            }
            finally
            {
                if (watch is not null)
                {
                    await watch.DisposeAsync();
                }

                // Also when the caller stopped listening in the middle: then nobody knows what the process is doing.
                await _hot.KeepOrEndAsync(slot, session);
            }

            // Its process had died unnoticed and the model was asked nothing: another one takes the turn.
            (var fresh, _, failure) = await TryOpenAsync(slot, conversation, content, cancellationToken);
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
        await using var entered = await _hot.EnterAsync(conversation.Id, cancellationToken);
        var (session, _, failure) = await TryOpenAsync(entered.Slot, conversation, [], cancellationToken);
        if (session is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ClaudeException(failure!);
        }

        await _hot.KeepOrEndAsync(entered.Slot, session);
    }

    /// <inheritdoc/>
    public void Expect(string? profile) => _pool.Expect(_profiles.For(new Conversation { Id = "", Profile = profile }).Process);

    /// <inheritdoc/>
    public async Task<FileRewind> RewindFilesAsync(string conversationId, Guid checkpoint, bool isTrial, CancellationToken cancellationToken)
    {
        await using var entered = await _hot.EnterAsync(conversationId, cancellationToken);
        return entered.Slot.Session is { IsUsable: true, IsAlive: true } live
            ? await live.RewindAsync(checkpoint, isTrial, cancellationToken)
            : throw new ClaudeException(TurnErrors.NotRewound("the process that had kept them is gone"));
    }

    /// <inheritdoc/>
    public ValueTask ForgetAsync(string conversationId, CancellationToken cancellationToken) =>
        new(_hot.ForgetAsync(conversationId).AsTask().WaitAsync(cancellationToken));

    /// <inheritdoc/>
    public Task EndAllAsync() => _hot.EndAllAsync("lost");

    /// <summary>Ends every hot process; turns in progress are their callers' to cancel first.</summary>
    public ValueTask DisposeAsync()
    {
        _pool.MemoryShort -= _hot.EvictForMemory;
        return _hot.DisposeAsync();
    }

    private async ValueTask<(ClaudeSession? Session, AcquireSource Source, TurnError? Failure)> TryOpenAsync(
        SessionSlot slot, Conversation conversation, IReadOnlyList<UserContent> content, CancellationToken cancellationToken)
    {
        if (ConversationCheck.Fault(conversation, _profiles.AgentOf(conversation.Profile)) is { } wrong)
        {
            return (null, default, new TurnError(TurnErrorKind.InvalidRequest, wrong));
        }

        if (slot.Session is { } live)
        {
            if (live.IsUsable && live.IsAlive && live.Key == SessionKey.Of(conversation) && live.HasHeard(conversation.LastTurnId) && live.Takes(content))
            {
                return (live, live.HasRun ? AcquireSource.Hot : AcquireSource.Warm, null);
            }

            await _hot.EndAsync(slot, "stale");
        }

        try
        {
            var kind = _profiles.For(conversation);
            await _hot.MakeRoomAsync(slot);
            slot.Session = await OpenAsync(slot, kind, conversation, cancellationToken);
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

    private async ValueTask<ClaudeSession> OpenAsync(SessionSlot slot, ClaudeProcessKind kind, Conversation conversation, CancellationToken cancellationToken)
    {
        for (var swaps = 0; ; swaps++)
        {
            var acquiring = _pool.AcquireAsync(kind.Process, cancellationToken);
            if (!acquiring.IsCompleted)
            {
                await _hot.GiveWayAsync(slot);
            }

            var lease = await acquiring;
            if (!_profiles.Suits(lease.State, kind, conversation))
            {
                await lease.DisposeAsync();
                kind = _profiles.For(conversation, untold: true);
                continue;
            }

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

    private async ValueTask<EnteredSlot?> TryEnterAsync(string conversationId, CancellationToken cancellationToken)
    {
        try
        {
            return await _hot.EnterAsync(conversationId, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Conversation {Conversation} took process {ProcessId} ({Source}), {Messages} earlier messages replayed")]
    private static partial void LogBound(ILogger logger, string conversation, int processId, AcquireSource source, int messages);
}
