using Microsoft.EntityFrameworkCore;
using Pilotlight.Gateway.Threads;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Storage;

internal sealed class EfTurnStore(IDbContextFactory<PilotlightDbContext> contexts, WriteGate gate) : ITurnStore
{
    private const int Accepted = (int)TurnState.Accepted;
    private const int Started = (int)TurnState.Started;

    public async Task<(long Epoch, IReadOnlyList<Turn> Waiting)> OpenEpochAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var counter = await context.Epochs.SingleOrDefaultAsync(cancellationToken) ?? context.Epochs.Add(new EpochRow { Id = 1 }).Entity;
        counter.Value++;
        foreach (var turn in await context.Turns.Where(turn => turn.State == Started).ToListAsync(cancellationToken))
        {
            await InterruptAsync(context, turn, at, cancellationToken);
        }

        await context.SaveChangesAsync(cancellationToken);
        var waiting = await context.Turns.AsNoTracking().Where(turn => turn.State == Accepted)
            .OrderBy(turn => turn.AcceptedAt).ToListAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (counter.Value, [.. waiting.Select(row => row.ToTurn())]);
    }

    public async Task<AcceptResult> AcceptAsync(Turn turn, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);

        // Also locks the thread's row where there are row locks, so that two turns cannot both find it idle.
        var touched = await context.Threads.Where(thread => thread.Id == turn.ThreadId)
            .ExecuteUpdateAsync(row => row.SetProperty(thread => thread.UpdatedAt, at.UtcTicks), cancellationToken);
        if (touched == 0)
        {
            return new AcceptResult(AcceptStatus.NoThread, null);
        }

        if (turn.IdempotencyKey is { } key
            && await context.Turns.AsNoTracking().SingleOrDefaultAsync(
                row => row.ThreadId == turn.ThreadId && row.IdempotencyKey == key, cancellationToken) is { } earlier)
        {
            return new AcceptResult(earlier.Text == turn.Text ? AcceptStatus.Replayed : AcceptStatus.KeyReused, earlier.ToTurn());
        }

        if (await context.Turns.AsNoTracking().FirstOrDefaultAsync(
            row => row.ThreadId == turn.ThreadId && row.State <= Started, cancellationToken) is { } running)
        {
            return new AcceptResult(AcceptStatus.Busy, running.ToTurn());
        }

        context.Turns.Add(new TurnRow
        {
            Id = turn.Id,
            ThreadId = turn.ThreadId,
            State = Accepted,
            Text = turn.Text,
            UserMessageId = turn.UserMessageId,
            AnswerMessageId = turn.AnswerMessageId,
            IdempotencyKey = turn.IdempotencyKey,
            AcceptedAt = at.UtcTicks,
        });
        context.Messages.Add(new MessageRow
        {
            Id = turn.UserMessageId,
            ThreadId = turn.ThreadId,
            TurnId = turn.Id,
            Role = "user",
            Text = turn.Text,
            Status = "complete",
            CreatedAt = at.UtcTicks,
        });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new AcceptResult(AcceptStatus.Accepted, turn);
    }

    public async Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        return await context.Turns.Where(turn => turn.Id == turnId && turn.State == Accepted).ExecuteUpdateAsync(
            row => row.SetProperty(turn => turn.State, Started)
                .SetProperty(turn => turn.Epoch, epoch)
                .SetProperty(turn => turn.StartedAt, at.UtcTicks),
            cancellationToken) == 1;
    }

    public async Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await context.Turns.AnyAsync(turn => turn.Id == turnId && turn.Epoch == epoch && turn.State == Started, cancellationToken))
        {
            return false;
        }

        context.Events.AddRange(events.Select(stored => stored.ToRow(turnId)));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var ended = await context.Turns.Where(turn => turn.Id == turnId && turn.Epoch == epoch && turn.State == Started).ExecuteUpdateAsync(
            row => row.SetProperty(turn => turn.State, (int)outcome.State).SetProperty(turn => turn.EndedAt, at.UtcTicks), cancellationToken);
        if (ended == 0)
        {
            return false;
        }

        if (outcome.Answer is { } answer)
        {
            context.Messages.Add(answer.ToRow());
        }

        context.Events.AddRange(lastEvents.Select(stored => stored.ToRow(turnId)));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.Turns.AsNoTracking()
            .SingleOrDefaultAsync(turn => turn.Id == turnId && turn.ThreadId == threadId, cancellationToken);
        return row?.ToTurn();
    }

    public async Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Events.AsNoTracking()
            .Where(stored => stored.TurnId == turnId && stored.EventId > afterId)
            .OrderBy(stored => stored.EventId)
            .Select(stored => new StoredEvent(stored.EventId, stored.Type, stored.Data))
            .ToListAsync(cancellationToken);
    }

    // What had been stored of the answer is all that anybody has seen of it.
    private static async Task InterruptAsync(PilotlightDbContext context, TurnRow turn, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var events = await context.Events.AsNoTracking().Where(stored => stored.TurnId == turn.Id)
            .OrderBy(stored => stored.EventId).ToListAsync(cancellationToken);
        var (text, acquire) = InterruptedTurn.Read(events.Select(stored => (stored.Type, stored.Data)));
        turn.State = (int)TurnState.Interrupted;
        turn.EndedAt = at.UtcTicks;
        context.Events.Add(InterruptedTurn.End(events.Count == 0 ? 1 : events[^1].EventId + 1).ToRow(turn.Id));
        if (text.Length > 0)
        {
            context.Messages.Add(new StoredMessage(
                turn.AnswerMessageId, turn.ThreadId, turn.Id, "assistant", text, "interrupted", null, null, null, acquire, null, null, null, at).ToRow());
        }
    }
}
