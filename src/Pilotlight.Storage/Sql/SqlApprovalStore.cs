using System.Data.Common;
using System.Text.Json;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Turns;

namespace Pilotlight.Storage.Sql;

/// <summary>Approvals: read here, written inside the transactions of their turns.</summary>
internal sealed class SqlApprovalStore(Database database) : IApprovalStore
{
    private const int Pending = (int)ApprovalState.Pending;

    private const string Columns =
        """
        a."Id", a."ThreadId", a."TurnId", a."ToolUseId", a."Tool", a."Input", a."Title", a."IsQuestion", a."NeedsProcess", a."Epoch", a."State", a."By", a."Message", a."NewInput",
        a."IsRemembered", a."RequestedAt", a."ExpiresAt", a."ResolvedAt", a."InputTokens", a."OutputTokens", a."CacheReadTokens", a."CacheWriteTokens", a."CostNanoUsd"
        """;

    public async Task<IReadOnlyList<Approval>> ListAsync(string threadId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"""SELECT {Columns} FROM approvals AS a WHERE a."ThreadId" = @thread ORDER BY a."Id" """, Read, cancellationToken, ("thread", threadId)),
        cancellationToken);

    public async Task<Approval?> FindAsync(string threadId, string approvalId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => FindAsync(session, threadId, approvalId, cancellationToken), cancellationToken);

    public async Task<Approval?> FindLastAsync(string turnId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.FirstAsync(
            $"""SELECT {Columns} FROM approvals AS a WHERE a."TurnId" = @turn ORDER BY a."Id" DESC LIMIT 1""", Read, cancellationToken, ("turn", turnId)),
        cancellationToken);

    public async Task<IReadOnlyList<(Approval Approval, string By)>> ListOverdueAsync(DateTimeOffset now, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"""
            SELECT {Columns}, CASE WHEN t."CancelRequestedAt" IS NOT NULL THEN '{ApprovalDecision.Cancel}'
                WHEN a."ExpiresAt" <= @now THEN '{ApprovalDecision.Deadline}' ELSE '{ApprovalDecision.Restart}' END
            FROM approvals AS a JOIN turns AS t ON t."Id" = a."TurnId"
            WHERE a."State" = {Pending} AND t."State" = {(int)TurnState.Waiting}
                AND (a."ExpiresAt" <= @now OR t."CancelRequestedAt" IS NOT NULL OR (a."NeedsProcess" AND a."Epoch" NOT IN (SELECT "Epoch" FROM servers)))
            ORDER BY a."Id" LIMIT 100
            """,
            reader => (Read(reader), reader.GetString(23)), cancellationToken, ("now", now.UtcTicks)),
        cancellationToken);

    public async Task<IReadOnlyList<RememberedDecision>> ListRememberedAsync(string threadId, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync(
            $"""SELECT "Tool", "Subject", "State" FROM approvals WHERE "ThreadId" = @thread AND "IsRemembered" AND "State" <> {Pending} ORDER BY "ResolvedAt", "Id" """,
            reader => new RememberedDecision(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetInt32(2) == (int)ApprovalState.Allowed),
            cancellationToken, ("thread", threadId)),
        cancellationToken);

    /// <summary>The approval, inside a transaction.</summary>
    public static ValueTask<Approval?> FindAsync(Session session, string threadId, string approvalId, CancellationToken cancellationToken) => session.FirstAsync(
        $"""SELECT {Columns} FROM approvals AS a WHERE a."Id" = @id AND a."ThreadId" = @thread""", Read, cancellationToken, ("id", approvalId), ("thread", threadId));

    /// <summary>What stores one that begins.</summary>
    public static Statement Insert(Approval approval) => new(
        """
        INSERT INTO approvals ("Id", "ThreadId", "TurnId", "ToolUseId", "Tool", "Subject", "Input", "Title", "IsQuestion", "NeedsProcess", "Epoch", "State", "IsRemembered", "RequestedAt",
            "ExpiresAt", "InputTokens", "OutputTokens", "CacheReadTokens", "CacheWriteTokens", "CostNanoUsd")
        VALUES (@id, @thread, @turn, @use, @tool, @subject, @input, @title, @question, @process, @epoch, @state, @remembered, @at, @expires, @in, @out, @read, @write, @cost)
        """,
        ("id", approval.Id), ("thread", approval.ThreadId), ("turn", approval.TurnId), ("use", approval.ToolUseId), ("tool", approval.Tool),
        ("subject", approval.Subject), ("input", approval.Input.GetRawText()), ("title", approval.Title), ("question", approval.IsQuestion),
        ("process", approval.NeedsProcess), ("epoch", approval.Epoch), ("state", Pending), ("remembered", false), ("at", approval.RequestedAt.UtcTicks),
        ("expires", approval.ExpiresAt.UtcTicks), ("in", approval.Booked.Usage.InputTokens), ("out", approval.Booked.Usage.OutputTokens), ("read", approval.Booked.Usage.CacheReadTokens),
        ("write", approval.Booked.Usage.CacheWriteTokens), ("cost", Mapping.Nano(approval.Booked.CostUsd) ?? 0));

    /// <summary>What decides one that is pending; changes no row when it is not.</summary>
    public static Statement Decide(string approvalId, ApprovalDecision decision, DateTimeOffset at) => new(
        $"""
        UPDATE approvals SET "State" = @state, "By" = @by, "Message" = @message, "NewInput" = @input, "IsRemembered" = @remembered, "ResolvedAt" = @now
        WHERE "Id" = @id AND "State" = {Pending}
        """,
        ("state", (int)(decision.IsAllowed ? ApprovalState.Allowed : ApprovalState.Denied)), ("by", decision.By), ("message", decision.Message),
        ("input", decision.Input?.GetRawText()), ("remembered", decision.IsRemembered), ("now", at.UtcTicks), ("id", approvalId));

    private static Approval Read(DbDataReader reader)
    {
        var state = (ApprovalState)reader.GetInt32(10);
        return new Approval(
            reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), Json(reader.GetString(5)), reader.GetString(6), Time(reader.GetInt64(15)),
            Time(reader.GetInt64(16)))
        {
            IsQuestion = reader.GetBoolean(7),
            NeedsProcess = reader.GetBoolean(8),
            Epoch = reader.GetInt64(9),
            State = state,
            Decision = state == ApprovalState.Pending ? null : new ApprovalDecision(state == ApprovalState.Allowed, reader.GetString(11))
            {
                Message = reader.IsDBNull(12) ? null : reader.GetString(12),
                Input = reader.IsDBNull(13) ? null : Json(reader.GetString(13)),
                IsRemembered = reader.GetBoolean(14),
            },
            ResolvedAt = reader.IsDBNull(17) ? null : Time(reader.GetInt64(17)),
            Booked = new BookedUsage(new TurnUsage(reader.GetInt64(18), reader.GetInt64(19), reader.GetInt64(20), reader.GetInt64(21)), Mapping.Usd(reader.GetInt64(22))),
        };
    }

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}
