using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Storage.Sql;

/// <summary>Turns and events: the writes of every turn, in as few statements as hold what they promise.</summary>
internal sealed class SqlTurnStore(Database database, bool isSingleServer) : ITurnStore
{
    private const int Accepted = (int)TurnState.Accepted;
    private const int Started = (int)TurnState.Started;
    private const int Waiting = (int)TurnState.Waiting;
    private const string TurnColumns = """ "Id", "ThreadId", "State", "Text", "UserMessageId", "AnswerMessageId", "IdempotencyKey", "KeyId" """;

    public async Task<long> OpenEpochAsync(string node, DateTimeOffset until, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            var epoch = await session.NumberAsync(
                $"""INSERT INTO epochs ("Id", "Value") VALUES ({EpochRow.Epochs}, 1) ON CONFLICT ("Id") DO UPDATE SET "Value" = epochs."Value" + 1 RETURNING "Value" """,
                cancellationToken) ?? throw new InvalidOperationException("The counter of epochs returned nothing.");

            // A database for one server has one alive: the others have left no lock behind, whatever their time says.
            await session.ExecuteAsync(
                isSingleServer ? "DELETE FROM servers" : """DELETE FROM servers WHERE "Node" = @node""",
                cancellationToken, isSingleServer ? [] : [("node", node)]);
            await session.ExecuteAsync(
                """INSERT INTO servers ("Epoch", "Node", "ExpiresAt") VALUES (@epoch, @node, @until)""",
                cancellationToken, ("epoch", epoch), ("node", node), ("until", until.UtcTicks));
            return epoch;
        },
        cancellationToken);

    public async Task EndEpochAsync(long epoch, CancellationToken cancellationToken) =>
        await database.WriteAllAsync([new Statement("""DELETE FROM servers WHERE "Epoch" = @epoch""", ("epoch", epoch))], cancellationToken);

    public async Task<long?> FindEpochAsync(string turnId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.NumberAsync($"""SELECT "Epoch" FROM turns WHERE "Id" = @id AND "State" IN ({Accepted}, {Started})""", cancellationToken, ("id", turnId)),
        cancellationToken);

    public async Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            if (await session.ExecuteAsync(
                """UPDATE servers SET "ExpiresAt" = @until WHERE "Epoch" = @epoch""", cancellationToken, ("until", until.UtcTicks), ("epoch", epoch)) == 0)
            {
                return session.Abandon(false);
            }

            foreach (var lease in leases)
            {
                await session.ExecuteAsync(
                    """UPDATE leases SET "ExpiresAt" = @until WHERE "Id" = @id""", cancellationToken, ("until", until.UtcTicks), ("id", lease));
            }

            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset lapsedBy, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            await session.ExecuteAsync(
                """DELETE FROM servers WHERE "ExpiresAt" <= @lapsed AND "Epoch" <> @epoch""", cancellationToken, ("lapsed", lapsedBy.UtcTicks), ("epoch", epoch));
            var lost = await session.QueryAsync(
                $"""
                UPDATE turns SET "State" = {(int)TurnState.Interrupted}, "EndedAt" = @now
                WHERE "State" = {Started} AND "Epoch" NOT IN (SELECT "Epoch" FROM servers) RETURNING {TurnColumns}
                """,
                ReadTurn, cancellationToken, ("now", at.UtcTicks));
            foreach (var turn in lost)
            {
                await InterruptAsync(session, turn, at, cancellationToken);
            }

            var waiting = await session.QueryAsync(
                $"""
                UPDATE turns SET "Epoch" = @epoch WHERE "State" = {Accepted} AND "Epoch" NOT IN (SELECT "Epoch" FROM servers) RETURNING {TurnColumns}
                """,
                ReadTurn, cancellationToken, ("epoch", epoch));
            foreach (var turn in waiting)
            {
                await session.ExecuteAsync("""UPDATE leases SET "Epoch" = @epoch WHERE "Id" = @id""", cancellationToken, ("epoch", epoch), ("id", turn.Id));
            }

            // Turns of which nothing else is stored.
            foreach (var lease in await session.QueryAsync(
                """SELECT "Id" FROM leases WHERE "Epoch" NOT IN (SELECT "Epoch" FROM servers)""", reader => reader.GetString(0), cancellationToken))
            {
                await Ledger.SettleNotedAsync(session, lease, at, cancellationToken);
            }

            // Version 7 ids sort by time.
            return waiting.OrderBy(turn => turn.Id, StringComparer.Ordinal).ToList();
        },
        cancellationToken);

    public async Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            var turn = request.Turn;

            // Also locks the thread's row where there are row locks, so that two turns cannot both find it idle.
            var touched = await session.ExecuteAsync(
                """
                UPDATE threads SET "UpdatedAt" = @now, "Version" = "Version" + 1, "DroppedTurns" = CASE WHEN @dropped < 0 THEN "DroppedTurns" ELSE @dropped END
                WHERE "Id" = @thread AND (@version < 0 OR "Version" = @version)
                """,
                cancellationToken, ("now", at.UtcTicks), ("dropped", request.DroppedTurns ?? -1), ("thread", turn.ThreadId), ("version", request.ThreadVersion ?? -1L));
            if (touched == 0)
            {
                var isThere = request.ThreadVersion is not null
                    && await session.NumberAsync("""SELECT 1 FROM threads WHERE "Id" = @thread""", cancellationToken, ("thread", turn.ThreadId)) is not null;
                return session.Abandon(new AcceptResult(isThere ? AcceptStatus.Stale : AcceptStatus.NoThread, null));
            }

            if (turn.IdempotencyKey is { } key
                && await session.FirstAsync(
                    $"""SELECT {TurnColumns}, "Prompt" FROM turns WHERE "ThreadId" = @thread AND "KeyId" = @owner AND "IdempotencyKey" = @key""",
                    reader => new Asked(ReadTurn(reader), reader.IsDBNull(8) ? null : reader.GetString(8)),
                    cancellationToken, ("thread", turn.ThreadId), ("owner", turn.KeyId), ("key", key)) is { } earlier)
            {
                var isSame = earlier.Turn.Text == Plain.Text(turn.Text) && earlier.Prompt == request.Prompt;
                return session.Abandon(new AcceptResult(isSame ? AcceptStatus.Replayed : AcceptStatus.KeyReused, earlier.Turn));
            }

            var reserved = request.Reservation is { } wanted ? await Ledger.HoldAsync(session, wanted, at, cancellationToken) : null;
            if (reserved is { Status: not ReserveStatus.Reserved })
            {
                return session.Abandon(await FindRunningAsync(session, turn.ThreadId, cancellationToken) is { } before
                    ? new AcceptResult(AcceptStatus.Busy, before)
                    : new AcceptResult(AcceptStatus.Refused, null, reserved));
            }

            // A thread has one running turn at most, by an index: whether there is one is asked only when this one has no room.
            Statement[] statements = [Insert(request, at), InsertUnfolded(Question(turn, at)), .. request.Reservation is { } held ? [Ledger.Lease(held, at)] : (Statement[])[]];
            if (await session.ExecuteAllAsync(statements, cancellationToken) == 0)
            {
                // Or it is this one itself, taken on by another node that was asked before, and over already.
                var standing = await FindRunningAsync(session, turn.ThreadId, cancellationToken)
                    ?? await session.FirstAsync($"""SELECT {TurnColumns} FROM turns WHERE "Id" = @id""", ReadTurn, cancellationToken, ("id", turn.Id));
                return session.Abandon(new AcceptResult(AcceptStatus.Busy, standing));
            }

            return new AcceptResult(AcceptStatus.Accepted, turn with { State = request.StartsAtOnce ? TurnState.Started : TurnState.Accepted }, reserved);
        },
        cancellationToken);

    public async Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        session => session.ExecuteAsync(
            $"""UPDATE turns SET "State" = {Started}, "Epoch" = @epoch, "StartedAt" = @now WHERE "Id" = @id AND "State" = {Accepted}""",
            cancellationToken, ("epoch", epoch), ("now", at.UtcTicks), ("id", turnId)),
        cancellationToken) == 1;

    public async Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        // Moving the last id on is the guard: where there are row locks, nobody can end the turn between this and the events.
        var statements = new Statement[events.Count + 1];
        statements[0] = new Statement(
            $"""UPDATE turns SET "LastEventId" = CASE WHEN @last > "LastEventId" THEN @last ELSE "LastEventId" END WHERE "Id" = @id AND "Epoch" = @epoch AND "State" = {Started}""",
            ("last", events.Count > 0 ? events[^1].Id : 0L), ("id", turnId), ("epoch", epoch));
        for (var at = 0; at < events.Count; at++)
        {
            statements[at + 1] = new Statement(
                $"""
                INSERT INTO events ("TurnId", "EventId", "Type", "Data")
                SELECT "Id", @event, @type, @data FROM turns WHERE "Id" = @id AND "Epoch" = @epoch AND "State" = {Started}
                ON CONFLICT ("TurnId", "EventId") DO NOTHING
                """,
                ("event", events[at].Id), ("type", events[at].Type), ("data", events[at].Data), ("id", turnId), ("epoch", epoch));
        }

        return await database.WriteAllAsync(statements, cancellationToken) == 1;
    }

    public async Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async session =>
            {
                var turn = await session.FirstAsync(
                    $"""
                    UPDATE turns SET "State" = @state, "EndedAt" = @now WHERE "Id" = @id AND "Epoch" = @epoch AND "State" = {Started} RETURNING {TurnColumns}
                    """,
                    ReadTurn, cancellationToken, ("state", (int)outcome.State), ("now", at.UtcTicks), ("id", turnId), ("epoch", epoch));
                if (turn is null)
                {
                    return session.Abandon(false);
                }

                await session.ExecuteAllAsync(
                    [
                        CountOn(turn.ThreadId, at),
                        FoldQuestion(turn),
                        .. outcome.Answer is { } answer ? [Insert(answer)] : (Statement[])[],
                        .. lastEvents.Select(stored => Insert(turnId, stored)),
                    ],
                    cancellationToken);
                await Ledger.SettleEndAsync(session, turnId, turn.KeyId, outcome.Bill, at, cancellationToken);
                return true;
            },
            cancellationToken);

    public async Task<bool> WaitAsync(string turnId, long epoch, WaitingTurn waiting, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            var turn = await session.FirstAsync(
                $"""
                UPDATE turns SET "State" = {Waiting}, "Epoch" = 0, "LastEventId" = @last WHERE "Id" = @id AND "Epoch" = @epoch AND "State" = {Started} RETURNING {TurnColumns}
                """,
                ReadTurn, cancellationToken, ("last", waiting.Events[^1].Id), ("id", turnId), ("epoch", epoch));
            if (turn is null)
            {
                // Stored already, by an attempt of which only the answer was lost; or it is another's.
                return session.Abandon(await SqlApprovalStore.FindAsync(session, waiting.Approval.ThreadId, waiting.Approval.Id, cancellationToken) is not null);
            }

            await session.ExecuteAllAsync([FoldQuestion(turn), SqlApprovalStore.Insert(waiting.Approval), .. waiting.Events.Select(stored => Insert(turnId, stored))], cancellationToken);
            await Ledger.SettleEndAsync(session, turnId, turn.KeyId, waiting.Bill, at, cancellationToken, turns: 0);
            return true;
        },
        cancellationToken);

    public async Task<DecideResult> DecideAsync(
        string threadId, string approvalId, ApprovalDecision decision, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            if (await SqlApprovalStore.FindAsync(session, threadId, approvalId, cancellationToken) is not { } approval)
            {
                return session.Abandon(new DecideResult(DecideStatus.None));
            }

            // The turn first: where there are row locks, all that decide about it or end it wait for each other there.
            var turn = await session.FirstAsync(
                $"""
                UPDATE turns SET "State" = {Accepted}, "Epoch" = @epoch, "LastEventId" = "LastEventId" + 1 WHERE "Id" = @id AND "State" = {Waiting} RETURNING {TurnColumns}, "LastEventId"
                """,
                reader => new Resolvable(ReadTurn(reader), reader.GetInt64(8)), cancellationToken, ("epoch", epoch), ("id", approval.TurnId));
            var decide = SqlApprovalStore.Decide(approvalId, decision, at);
            if (turn is null || await session.ExecuteAsync(decide.Sql, cancellationToken, decide.Parameters) == 0)
            {
                return session.Abandon(new DecideResult(DecideStatus.Over));
            }

            await session.ExecuteAllAsync([Resolved(turn.Turn.Id, turn.LastEventId, approvalId, decision)], cancellationToken);
            return new DecideResult(DecideStatus.Decided, turn.Turn);
        },
        cancellationToken);

    public async Task<bool> CancelWaitingAsync(string turnId, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            var turn = await session.FirstAsync(
                $"""UPDATE turns SET "State" = {(int)TurnState.Cancelled}, "EndedAt" = @now WHERE "Id" = @id AND "State" = {Waiting} RETURNING {TurnColumns}, "LastEventId" """,
                reader => new Resolvable(ReadTurn(reader), reader.GetInt64(8)), cancellationToken, ("now", at.UtcTicks), ("id", turnId));
            if (turn is null)
            {
                return session.Abandon(false);
            }

            var waited = await session.FirstAsync(
                $"""SELECT "Id" FROM approvals WHERE "TurnId" = @turn AND "State" = {(int)ApprovalState.Pending}""", reader => reader.GetString(0), cancellationToken, ("turn", turnId));
            var approval = waited is null ? null : await SqlApprovalStore.FindAsync(session, turn.Turn.ThreadId, waited, cancellationToken);
            var events = await session.QueryAsync(
                """SELECT "Type", "Data" FROM events WHERE "TurnId" = @turn ORDER BY "EventId" """,
                reader => (reader.GetString(0), reader.GetString(1)), cancellationToken, ("turn", turnId));
            var (text, steps, acquire) = InterruptedTurn.Read(events);
            var booked = approval?.Booked ?? BookedUsage.None;
            var partial = new StoredMessage(
                turn.Turn.AnswerMessageId, turn.Turn.ThreadId, turnId, "assistant", text, "cancelled", null, booked.Usage, booked.CostUsd, acquire, null, null, null, at) { Steps = steps };
            var decision = new ApprovalDecision(false, ApprovalDecision.Cancel);
            await session.ExecuteAllAsync(
                [
                    CountOn(turn.Turn.ThreadId, at),
                    Insert(partial),
                    .. approval is null ? (Statement[])[] : [SqlApprovalStore.Decide(approval.Id, decision, at), Resolved(turnId, turn.LastEventId + 1, approval.Id, decision)],
                    Insert(turnId, InterruptedTurn.Cancelled(turn.LastEventId + 2)),
                ],
                cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken)
    {
        // Found outside the write: a database with one writer goes on meanwhile. A last id of 0 says that there is nothing more to drop.
        var old = await database.ReadAsync(
            session => session.QueryAsync(
                """SELECT "Id" FROM turns WHERE "EndedAt" < @before AND "LastEventId" > 0 ORDER BY "Id" LIMIT @most""",
                reader => reader.GetString(0), cancellationToken, ("before", endedBefore.UtcTicks), ("most", (long)atMost)),
            cancellationToken);
        if (old.Count > 0)
        {
            await database.WriteAllAsync([.. old.SelectMany(DropEvents)], cancellationToken);
        }

        return old.Count;
    }

    public async Task RequestCancelAsync(string turnId, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAllAsync(
        [new Statement($"""UPDATE turns SET "CancelRequestedAt" = @now WHERE "Id" = @id AND "State" <= {Started}""", ("now", at.UtcTicks), ("id", turnId))], cancellationToken);

    public async Task<IReadOnlyList<(Turn Turn, bool IsCancelRequested)>> ListRunningAsync(long epoch, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"""SELECT {TurnColumns}, "CancelRequestedAt" FROM turns WHERE "Epoch" = @epoch AND "State" <= {Started}""",
            reader => (ReadTurn(reader), !reader.IsDBNull(8)), cancellationToken, ("epoch", epoch)),
        cancellationToken);

    public async Task<bool> InterruptAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            var turn = await session.FirstAsync(
                $"""
                UPDATE turns SET "State" = {(int)TurnState.Interrupted}, "EndedAt" = @now WHERE "Id" = @id AND "Epoch" = @epoch AND "State" = {Started} RETURNING {TurnColumns}
                """,
                ReadTurn, cancellationToken, ("now", at.UtcTicks), ("id", turnId), ("epoch", epoch));
            if (turn is null)
            {
                return session.Abandon(false);
            }

            await InterruptAsync(session, turn, at, cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<Turn?> FindRunningAsync(string threadId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.FirstAsync(
            $"""SELECT {TurnColumns} FROM turns WHERE "ThreadId" = @thread AND "State" <= {Started}""", ReadTurn, cancellationToken, ("thread", threadId)),
        cancellationToken);

    public async Task<TurnState?> FindStateAsync(string turnId, CancellationToken cancellationToken) => (TurnState?)await database.ReadAsync(
        session => session.NumberAsync("""SELECT "State" FROM turns WHERE "Id" = @id""", cancellationToken, ("id", turnId)),
        cancellationToken);

    public async Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.FirstAsync(
            $"""SELECT {TurnColumns} FROM turns WHERE "Id" = @id AND "ThreadId" = @thread""",
            ReadTurn, cancellationToken, ("id", turnId), ("thread", threadId)),
        cancellationToken);

    public async Task<Turn?> FindByIdAsync(string turnId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.FirstAsync($"""SELECT {TurnColumns} FROM turns WHERE "Id" = @id""", ReadTurn, cancellationToken, ("id", turnId)),
        cancellationToken);

    public async Task<Turn?> FindByKeyAsync(string threadId, string keyId, string idempotencyKey, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.FirstAsync(
            $"""SELECT {TurnColumns} FROM turns WHERE "ThreadId" = @thread AND "KeyId" = @owner AND "IdempotencyKey" = @key""",
            ReadTurn, cancellationToken, ("thread", threadId), ("owner", keyId), ("key", idempotencyKey)),
        cancellationToken);

    public async Task<string?> ReadPromptAsync(string turnId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.FirstAsync(
            """SELECT "Prompt" FROM turns WHERE "Id" = @id AND "Prompt" IS NOT NULL""", reader => reader.GetString(0), cancellationToken, ("id", turnId)),
        cancellationToken);

    public Task CopyAsync(string intoThreadId, string keyId, IReadOnlyList<CopiedTurn> turns, CancellationToken cancellationToken) =>
        database.WriteAllAsync([.. turns.SelectMany(turn => Copy(intoThreadId, keyId, turn))], cancellationToken).AsTask();

    public async Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            """SELECT "EventId", "Type", "Data" FROM events WHERE "TurnId" = @turn AND "EventId" > @after ORDER BY "EventId" """,
            reader => new StoredEvent(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)),
            cancellationToken, ("turn", turnId), ("after", afterId)),
        cancellationToken);

    // What had been stored of the answer is all that anybody has seen of it.
    private static async ValueTask InterruptAsync(Session session, Turn turn, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var events = await session.QueryAsync(
            """SELECT "Type", "Data", "EventId" FROM events WHERE "TurnId" = @turn ORDER BY "EventId" """,
            reader => (Type: reader.GetString(0), Data: reader.GetString(1), Id: reader.GetInt64(2)), cancellationToken, ("turn", turn.Id));
        var (text, steps, acquire) = InterruptedTurn.Read(events.Select(stored => (stored.Type, stored.Data)));
        var used = await Ledger.SettleNotedAsync(session, turn.Id, at, cancellationToken);
        var partial = new StoredMessage(
            turn.AnswerMessageId, turn.ThreadId, turn.Id, "assistant", text, "interrupted", null, used?.Usage, used?.CostUsd, acquire, null, null, null, at) { Steps = steps };
        await session.ExecuteAllAsync(
            [
                CountOn(turn.ThreadId, at),
                FoldQuestion(turn),
                .. text.Length > 0 || steps.Count > 0 ? [Insert(partial)] : (Statement[])[],
                Insert(turn.Id, InterruptedTurn.End(events.Count == 0 ? 1 : events[^1].Id + 1)),
            ],
            cancellationToken);
    }

    private static ValueTask<Turn?> FindRunningAsync(Session session, string threadId, CancellationToken cancellationToken) => session.FirstAsync(
        $"""SELECT {TurnColumns} FROM turns WHERE "ThreadId" = @thread AND "State" <= {Started}""", ReadTurn, cancellationToken, ("thread", threadId));

    private static Statement Insert(NewTurnRequest request, DateTimeOffset at)
    {
        var turn = request.Turn;
        return new Statement(
            """
            INSERT INTO turns ("Id", "ThreadId", "State", "Epoch", "Text", "UserMessageId", "AnswerMessageId", "IdempotencyKey", "KeyId", "LastEventId", "AcceptedAt", "StartedAt", "Prompt")
            VALUES (@id, @thread, @state, @epoch, @text, @user, @answer, @key, @owner, 0, @now, @started, @prompt)
            ON CONFLICT DO NOTHING
            """,
            ("id", turn.Id), ("thread", turn.ThreadId), ("state", request.StartsAtOnce ? Started : Accepted), ("epoch", request.Epoch),
            ("text", turn.Text), ("user", turn.UserMessageId), ("answer", turn.AnswerMessageId), ("key", turn.IdempotencyKey), ("owner", turn.KeyId),
            ("now", at.UtcTicks), ("started", request.StartsAtOnce ? at.UtcTicks : null), ("prompt", request.Prompt));
    }

    private static StoredMessage Question(Turn turn, DateTimeOffset at) =>
        new(turn.UserMessageId, turn.ThreadId, turn.Id, "user", turn.Text, "complete", null, null, null, null, null, null, null, at)
        {
            Attachments = turn.Attachments,
        };

    private static Statement Insert(StoredMessage message) => Insert(message.ToRow());

    // Into no index for search yet, which costs more than the rest of taking a turn in: nobody waits for it at the turn's end.
    private static Statement InsertUnfolded(StoredMessage message)
    {
        var row = message.ToRow();
        row.FoldedText = null;
        return Insert(row);
    }

    private static Statement FoldQuestion(Turn turn) => new(
        """UPDATE messages SET "FoldedText" = @folded WHERE "Id" = @id AND "FoldedText" IS NULL""",
        ("folded", Plain.Folded(turn.Text)), ("id", turn.UserMessageId));

    private static Statement Insert(MessageRow row) => new(
        """
        INSERT INTO messages ("Id", "ThreadId", "TurnId", "Role", "Text", "Status", "Model", "InputTokens", "OutputTokens", "CacheReadTokens",
            "CacheWriteTokens", "CostNanoUsd", "Acquire", "TtftMs", "DurationMs", "FirstToken", "Tools", "Calls", "Steps", "Attachments", "FoldedText", "CreatedAt")
        VALUES (@id, @thread, @turn, @role, @text, @status, @model, @input, @output, @read, @write, @cost, @acquire, @ttft, @duration, @first, @tools, @calls, @steps, @attachments, @folded, @now)
        """,
        ("id", row.Id), ("thread", row.ThreadId), ("turn", row.TurnId), ("role", row.Role), ("text", row.Text), ("status", row.Status),
        ("model", row.Model), ("input", row.InputTokens), ("output", row.OutputTokens), ("read", row.CacheReadTokens), ("write", row.CacheWriteTokens),
        ("cost", row.CostNanoUsd), ("acquire", row.Acquire), ("ttft", row.TtftMs), ("duration", row.DurationMs), ("first", row.FirstToken), ("tools", row.Tools), ("calls", row.Calls),
        ("steps", row.Steps), ("attachments", row.Attachments), ("folded", row.FoldedText), ("now", row.CreatedAt));

    // A message has its order by when it is inserted.
    private static IEnumerable<Statement> Copy(string threadId, string keyId, CopiedTurn copy)
    {
        const string Message = """
            INSERT INTO messages ("Id", "ThreadId", "TurnId", "Role", "Text", "Status", "Model", "InputTokens", "OutputTokens", "CacheReadTokens",
                "CacheWriteTokens", "CostNanoUsd", "Acquire", "TtftMs", "DurationMs", "FirstToken", "Tools", "Calls", "Steps", "Attachments", "FoldedText", "CreatedAt")
            SELECT @id, @thread, @turn, "Role", "Text", "Status", "Model", "InputTokens", "OutputTokens", "CacheReadTokens",
                "CacheWriteTokens", "CostNanoUsd", "Acquire", "TtftMs", "DurationMs", "FirstToken", "Tools", "Calls", "Steps", "Attachments", "FoldedText", "CreatedAt" FROM messages WHERE "TurnId" = @of AND "Role" = @role
            """;
        yield return new Statement(
            """
            INSERT INTO turns ("Id", "ThreadId", "State", "Epoch", "Text", "UserMessageId", "AnswerMessageId", "KeyId", "LastEventId", "AcceptedAt", "StartedAt", "EndedAt", "Prompt")
            SELECT @id, @thread, "State", 0, "Text", @user, @answer, @owner, 0, "AcceptedAt", "StartedAt", "EndedAt", "Prompt" FROM turns WHERE "Id" = @of
            """,
            ("id", copy.Id), ("thread", threadId), ("user", copy.UserMessageId), ("answer", copy.AnswerMessageId), ("owner", keyId), ("of", copy.OfTurn));
        yield return new Statement(Message, ("id", copy.UserMessageId), ("thread", threadId), ("turn", copy.Id), ("of", copy.OfTurn), ("role", "user"));
        yield return new Statement(Message, ("id", copy.AnswerMessageId), ("thread", threadId), ("turn", copy.Id), ("of", copy.OfTurn), ("role", "assistant"));
    }

    private static Statement Resolved(string turnId, long eventId, string approvalId, ApprovalDecision decision)
    {
        var (type, data) = ApprovalEnd.Write(approvalId, decision);
        return Insert(turnId, new StoredEvent(eventId, type, data));
    }

    private static Statement Insert(string turnId, StoredEvent stored) => new(
        """INSERT INTO events ("TurnId", "EventId", "Type", "Data") VALUES (@turn, @id, @type, @data) ON CONFLICT ("TurnId", "EventId") DO NOTHING""",
        ("turn", turnId), ("id", stored.Id), ("type", stored.Type), ("data", stored.Data));

    private static IEnumerable<Statement> DropEvents(string turnId) =>
    [
        new("""DELETE FROM events WHERE "TurnId" = @turn AND "EventId" < (SELECT MAX(last."EventId") FROM events AS last WHERE last."TurnId" = @turn)""", ("turn", turnId)),
        new("""UPDATE turns SET "LastEventId" = 0 WHERE "Id" = @turn""", ("turn", turnId)),
    ];

    private static Statement CountOn(string threadId, DateTimeOffset at) => new(
        """UPDATE threads SET "Version" = "Version" + 1, "UpdatedAt" = @now WHERE "Id" = @thread""", ("now", at.UtcTicks), ("thread", threadId));

    private static Turn ReadTurn(System.Data.Common.DbDataReader reader) => new(
        reader.GetString(0),
        reader.GetString(1),
        (TurnState)reader.GetInt32(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetString(5),
        reader.IsDBNull(6) ? null : reader.GetString(6),
        reader.GetString(7));

    private sealed record Resolvable(Turn Turn, long LastEventId);

    private sealed record Asked(Turn Turn, string? Prompt);
}
