using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Steps;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Storage;

/// <summary>Rows to what the gateway knows, and back.</summary>
internal static class Mapping
{
    private const decimal NanoPerUnit = 1_000_000_000m;

    public static ChatThread ToThread(this ThreadRow row) => new(
        row.Id, row.Title, row.Model, row.SystemPrompt, row.Profile, row.Revision, Time(row.CreatedAt), Time(row.UpdatedAt), row.Owner, row.DroppedTurns)
    { Version = row.Version };

    public static Turn ToTurn(this TurnRow row) => new(
        row.Id, row.ThreadId, (TurnState)row.State, row.Text, row.UserMessageId, row.AnswerMessageId, row.IdempotencyKey, row.KeyId);

    public static StoredMessage ToMessage(this MessageRow row) => new(
        row.Id,
        row.ThreadId,
        row.TurnId,
        row.Role,
        row.Text,
        row.Status,
        row.Model,
        row.InputTokens is { } input
            ? new TurnUsage(input, row.OutputTokens ?? 0, row.CacheReadTokens ?? 0, row.CacheWriteTokens ?? 0)
            : null,
        row.CostNanoUsd / NanoPerUnit,
        row.Acquire,
        row.TtftMs,
        row.DurationMs,
        row.Tools?.Split('\n'),
        Time(row.CreatedAt))
    {
        Calls = row.Calls,
        FirstToken = FirstTokenWait.Read(row.FirstToken),
        Steps = StepJson.Read(row.Steps),
        Attachments = row.Attachments is { } attachments ? AttachmentList.Read(attachments) : null,
    };

    public static MessageRow ToRow(this StoredMessage message) => new()
    {
        Id = message.Id,
        ThreadId = message.ThreadId,
        TurnId = message.TurnId,
        Role = message.Role,
        Text = message.Text,
        Status = message.Status,
        Model = message.Model,
        InputTokens = message.Usage?.InputTokens,
        OutputTokens = message.Usage?.OutputTokens,
        CacheReadTokens = message.Usage?.CacheReadTokens,
        CacheWriteTokens = message.Usage?.CacheWriteTokens,
        CostNanoUsd = Nano(message.CostUsd),
        Acquire = message.Acquire,
        TtftMs = message.TtftMs,
        DurationMs = message.DurationMs,
        FirstToken = FirstTokenWait.Write(message.FirstToken),
        Tools = message.Tools is { Count: > 0 } tools ? string.Join('\n', tools) : null,
        Calls = message.Calls,
        Steps = StepJson.Write(message.Steps),
        Attachments = message.Attachments is { Count: > 0 } attachments ? AttachmentList.Write(attachments) : null,
        FoldedText = Plain.Folded(message.Text),
        CreatedAt = message.CreatedAt.UtcTicks,
    };

    public static EventRow ToRow(this StoredEvent stored, string turnId) =>
        new() { TurnId = turnId, EventId = stored.Id, Type = stored.Type, Data = stored.Data };

    public static GatewayKey ToKey(this KeyRow row) => new(
        row.Id,
        row.Name,
        row.IsAdmin,
        new KeyLimits(
            row.NanoUsdPerDay / NanoPerUnit,
            row.NanoUsdPerMonth / NanoPerUnit,
            row.TokensPerDay,
            row.TokensPerMonth,
            row.RequestsPerMinute,
            row.ConcurrentTurns,
            row.Models?.Split('\n'),
            row.Profiles?.Split('\n')),
        Time(row.CreatedAt),
        row.LastUsedAt is { } used ? Time(used) : null,
        row.RevokedAt is { } revoked ? Time(revoked) : null);

    public static KeyRow ToRow(this StoredKey stored) => new()
    {
        Id = stored.Key.Id,
        Name = stored.Key.Name,
        Salt = stored.Salt,
        Hash = stored.Hash,
        IsAdmin = stored.Key.IsAdmin,
        CreatedAt = stored.Key.CreatedAt.UtcTicks,
        NanoUsdPerDay = Nano(stored.Key.Limits.UsdPerDay),
        NanoUsdPerMonth = Nano(stored.Key.Limits.UsdPerMonth),
        TokensPerDay = stored.Key.Limits.TokensPerDay,
        TokensPerMonth = stored.Key.Limits.TokensPerMonth,
        RequestsPerMinute = stored.Key.Limits.RequestsPerMinute,
        ConcurrentTurns = stored.Key.Limits.ConcurrentTurns,
        Models = stored.Key.Limits.Models is { } models ? string.Join('\n', models) : null,
        Profiles = stored.Key.Limits.Profiles is { } profiles ? string.Join('\n', profiles) : null,
    };

    public static decimal Usd(long nano) => nano / NanoPerUnit;

    public static long? Nano(decimal? usd) => usd is { } value ? (long)Math.Round(value * NanoPerUnit) : null;

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}
