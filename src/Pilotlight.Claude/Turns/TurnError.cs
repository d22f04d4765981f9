namespace Pilotlight.Claude.Turns;

/// <summary>The kinds of failure a turn can end in.</summary>
public enum TurnErrorKind
{
    /// <summary>Something that none of the others names.</summary>
    Unknown,

    /// <summary>The API refused the key or the sign-in (401, 403).</summary>
    Authentication,

    /// <summary>The API refused the request as it was (400, 404, 413, 422).</summary>
    InvalidRequest,

    /// <summary>The API's rate limit (429).</summary>
    RateLimited,

    /// <summary>The API is overloaded (529, 503).</summary>
    Overloaded,

    /// <summary>Another error of the API, or a connection to it that was lost.</summary>
    Api,

    /// <summary>The conversation does not fit the model's context.</summary>
    ContextTooLong,

    /// <summary>The CLI could not be found or started.</summary>
    CliUnavailable,

    /// <summary>The CLI ended, or broke the protocol, before the turn did.</summary>
    CliCrashed,

    /// <summary>The CLI was silent for too long.</summary>
    Timeout,

    /// <summary>The budget of whoever asked does not hold the call.</summary>
    BudgetExceeded,

    /// <summary>No process was free and the wait for one was full or over.</summary>
    PoolExhausted,
}

/// <summary>Why a turn failed, for a person and for a program.</summary>
/// <param name="Kind">The kind of failure.</param>
/// <param name="Message">What happened, the value at hand, and the next step. Holds no secret and no prompt.</param>
/// <param name="Status">The API's HTTP status, where there was one.</param>
/// <param name="RetryAfter">How long to wait before trying again, where that is known.</param>
public sealed record TurnError(TurnErrorKind Kind, string Message, int? Status = null, TimeSpan? RetryAfter = null);
