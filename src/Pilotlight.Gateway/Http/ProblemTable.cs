using System.Collections.Frozen;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Access;

namespace Pilotlight.Gateway.Http;

/// <summary>What a kind of problem is to each API.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="OpenAiType">OpenAI's <c>type</c>.</param>
/// <param name="OpenAiCode">OpenAI's <c>code</c>.</param>
/// <param name="AnthropicType">Anthropic's <c>type</c>.</param>
/// <param name="MayPass">Whether the same call may be served later without anybody's doing; false is told to clients that would try again.</param>
internal sealed record ProblemRow(int Status, string OpenAiType, string OpenAiCode, string AnthropicType, bool MayPass = true);

/// <summary>Maps every kind of problem to a status and to the words of each API.</summary>
internal static class ProblemTable
{
    private static readonly FrozenDictionary<string, ProblemRow> s_rows = new[]
    {
        Row(ProblemKinds.InvalidRequest, 400),
        Row(ProblemKinds.KeyInQuery, 400),
        Row(ProblemKinds.ContextTooLong, 400, openAiCode: "context_length_exceeded"),
        Row(ProblemKinds.KeyMissing, 401),
        Row(ProblemKinds.KeyWrong, 401, openAiCode: "invalid_api_key"),
        Row(ProblemKinds.KeysNeeded, 401),
        Row(ProblemKinds.SignedOut, 401),
        Row(ProblemKinds.AdminsOnly, 403),
        Row(ProblemKinds.ModelNotAllowed, 403),
        Row(ProblemKinds.ProfileNotAllowed, 403),
        Row(ProblemKinds.ThreadNotFound, 404),
        Row(ProblemKinds.TurnNotFound, 404),
        Row(ProblemKinds.ApprovalNotFound, 404),
        Row(ProblemKinds.MessageNotFound, 404),
        Row(ProblemKinds.AttachmentNotFound, 404),
        Row(ProblemKinds.KeyNotFound, 404),
        Row(ProblemKinds.ModelNotFound, 404),
        Row(ProblemKinds.FileNotFound, 404),
        Row(ProblemKinds.NoWorkspace, 409, mayPass: false),
        Row(ProblemKinds.NoCheckpoint, 409, mayPass: false),
        Row(ProblemKinds.WorkspaceFull, 413, mayPass: false),
        Row(HttpProblems.NotFound, 404),
        Row(ProblemKinds.ThreadBusy, 409),
        Row(ProblemKinds.ThreadContended, 409),
        Row(ProblemKinds.ApprovalOver, 409),
        Row(ProblemKinds.IdempotencyKeyReused, 409),
        Row(HttpProblems.BodyTooLarge, 413),
        Row(ProblemKinds.AttachmentTooLarge, 413),
        Row(HttpProblems.UnsupportedMediaType, 415),
        Row(HttpProblems.UnknownCoding, 415),
        Row(ProblemKinds.RateLimited, 429, openAiCode: "rate_limit_exceeded"),
        Row(ProblemKinds.TooManyTurnsOfKey, 429, openAiCode: "rate_limit_exceeded"),
        Row(ProblemKinds.BudgetExceeded, 429, "insufficient_quota", "insufficient_quota", mayPass: false),
        Row(ProblemKinds.UpstreamRateLimited, 429, openAiCode: "rate_limit_exceeded"),
        Row(ProblemKinds.Failed, 500),
        Row(HttpProblems.Internal, 500),
        Row(ProblemKinds.UpstreamAuthentication, 502, mayPass: false),
        Row(ProblemKinds.UpstreamFailed, 502),
        Row(ProblemKinds.CliCrashed, 502),
        Row(ProblemKinds.TurnDoesNotEnd, 503),
        Row(ProblemKinds.Stopping, 503),
        Row(ProblemKinds.TooManyTurns, 503),
        Row(ProblemKinds.Interrupted, 503),
        Row(ProblemKinds.StorageUnavailable, 503),
        Row(ProblemKinds.UpstreamOverloaded, 503),
        Row(ProblemKinds.CliUnavailable, 503),
        Row(ProblemKinds.PoolExhausted, 503),
        Row(ProblemKinds.Timeout, 504),
    }.ToFrozenDictionary(row => row.Kind, row => row.Row, StringComparer.Ordinal);

    /// <summary>All kinds that have a row.</summary>
    public static IEnumerable<string> Kinds => s_rows.Keys;

    /// <summary>What a kind is to each API; a kind without a row is a failure of ours.</summary>
    public static ProblemRow Of(string kind) => s_rows.GetValueOrDefault(kind) ?? s_rows[ProblemKinds.Failed];

    /// <summary>The row of a status that came without a kind, the framework's own for instance.</summary>
    public static ProblemRow Of(int status, string kind) => Row(kind, status).Row;

    private static (string Kind, ProblemRow Row) Row(string kind, int status, string? openAiType = null, string? openAiCode = null, bool mayPass = true) => (kind, new ProblemRow(
        status,
        openAiType ?? status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            < 500 => "invalid_request_error",
            _ => "server_error",
        },
        openAiCode ?? kind.Replace('-', '_'),
        status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            504 => "timeout_error",
            < 500 => "invalid_request_error",
            _ => "api_error",
        },
        mayPass));
}
