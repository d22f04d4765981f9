using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Sessions;

/// <summary>Says what a failure was, in the caller's terms.</summary>
internal static class TurnErrors
{
    /// <summary>The agent was ended, since its workspace had grown too large.</summary>
    public static TurnError WorkspaceFull { get; } = new(
        TurnErrorKind.InvalidRequest, "The workspace has grown beyond its limit (Limits:Workspace of the profile), and the agent was ended. Delete files of the thread, and send the message again.");

    /// <summary>The agent was ended, since its processes together took too much memory.</summary>
    public static TurnError MemoryFull { get; } = new(
        TurnErrorKind.InvalidRequest, "The agent's programs took more memory than they may together (Limits:TotalMemory of the profile), and the agent was ended. Ask for less at a time, or raise the limit.");

    /// <summary>A process could not go on with a call that an earlier one waited with.</summary>
    public static TurnError NotTakenUp { get; } = new(
        TurnErrorKind.CliCrashed, "The CLI did not take the decided call up: nothing of it was run. Send the message again.");

    private const int MaxDetail = 600;

    /// <summary>The turn reached what it may cost.</summary>
    public static TurnError CostsTooMuch(decimal cost, decimal most) => new(TurnErrorKind.BudgetExceeded, string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"The turn may cost {most:0.######} USD, and has cost {cost:0.######} by the CLI's estimate. Raise MaxCostUsd if it may."));

    /// <summary>A turn that may cost only so much cannot go on without knowing what it cost.</summary>
    public static TurnError CostNotTold(string reason) => new(TurnErrorKind.CliCrashed, $"The CLI did not say what the turn has cost: {reason.TrimEnd('.')}. Send the message again.");

    /// <summary>Files could not be brought back.</summary>
    public static TurnError NotRewound(string? reason) => new(
        TurnErrorKind.InvalidRequest,
        $"The files could not be brought back: {(reason ?? "no reason given").TrimEnd('.')}. Checkpoints are kept where the profile has Checkpoints, from turns that had one, while the conversation's process lives.");

    /// <summary>The API's refusal behind a retry that is not worth waiting for.</summary>
    public static TurnError FromRetry(CliApiRetry retry) => FromStatus(retry.Status, retry.Error);

    /// <summary>A <c>result</c> that is an error.</summary>
    public static TurnError FromResult(CliResult result, CliApiRetry? lastRetry)
    {
        var text = result.Text ?? result.Subtype ?? "no reason given";
        if (text.Contains("prompt is too long", StringComparison.OrdinalIgnoreCase))
        {
            return new TurnError(
                TurnErrorKind.ContextTooLong,
                $"The conversation does not fit the model's context: {Shorten(text)}. Start a new thread, or lower Pilotlight:Limits:SoftTokens.",
                result.ApiErrorStatus);
        }

        var status = result.ApiErrorStatus ?? lastRetry?.Status;
        return LimitText.EndOf(text) is null ? FromStatus(status, text)
            : new TurnError(TurnErrorKind.RateLimited, $"A limit of the account was met: {Shorten(text)}.", status);
    }

    /// <summary>The process ended in the middle of a turn.</summary>
    public static TurnError FromExit(ProcessExit exit) => new(
        TurnErrorKind.CliCrashed,
        $"The Claude CLI ended in the middle of the turn ({Describe(exit)}). {Tail(exit.ErrorTail)}Send the message again; a fresh process will take it.");

    /// <summary>A process could not be had.</summary>
    public static TurnError FromStart(Exception fault) => fault switch
    {
        ClaudeException claude => claude.Error,
        ProcessStartException { InnerException: { } cause } when Refusal(cause) is { } refusal => refusal,
        PoolRejectedException => new TurnError(TurnErrorKind.PoolExhausted, fault.Message, RetryAfter: TimeSpan.FromSeconds(1)),
        _ => new TurnError(TurnErrorKind.CliUnavailable, $"The Claude CLI could not be started: {fault.Message}"),
    };

    // The pool wraps what a warm-up refused.
    private static TurnError? Refusal(Exception fault) =>
        fault is ClaudeException claude ? claude.Error : fault.InnerException is { } cause ? Refusal(cause) : null;

    private static TurnError FromStatus(int? status, string? text)
    {
        var detail = Shorten(text ?? "no reason given");
        return status switch
        {
            401 or 403 => new TurnError(
                TurnErrorKind.Authentication,
                $"The API refused the credentials ({status}): {detail}. Check ANTHROPIC_API_KEY, or sign the CLI in; `pilotlight doctor` says which one is used.",
                status),
            429 => new TurnError(TurnErrorKind.RateLimited, $"The API's rate limit was met (429): {detail}. Try again later.", status),
            503 or 529 => new TurnError(TurnErrorKind.Overloaded, $"The API is overloaded ({status}): {detail}. Try again later.", status),
            400 or 404 or 413 or 422 => new TurnError(TurnErrorKind.InvalidRequest, $"The API refused the request ({status}): {detail}.", status),
            { } other => new TurnError(TurnErrorKind.Api, $"The API failed ({other}): {detail}. Try again later.", other),
            null => new TurnError(TurnErrorKind.Api, $"The turn failed: {detail}."),
        };
    }

    private static string Describe(ProcessExit exit) => exit switch
    {
        { Signal: { } signal } => $"signal {signal}",
        { ExitCode: { } code } => $"exit code {code}",
        _ => "for a reason that is not known",
    };

    private static string Tail(string errors) => errors.Length == 0 ? "" : $"It said: {Shorten(errors.Trim())} ";

    private static string Shorten(string text) => text.Length > MaxDetail ? string.Concat(text.AsSpan(0, MaxDetail), "…") : text.TrimEnd('.', ' ');
}
