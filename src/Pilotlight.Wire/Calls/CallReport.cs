using System.Collections.ObjectModel;

namespace Pilotlight.Wire.Calls;

/// <summary>An upstream that failed, and the one that is asked instead.</summary>
/// <param name="Attempt">The number of the attempt that failed, from 1.</param>
/// <param name="Upstream">The upstream that failed.</param>
/// <param name="Status">Its HTTP status; null when there was no answer.</param>
/// <param name="Reason">What went wrong, without secrets.</param>
/// <param name="Next">The upstream that is asked next.</param>
public sealed record CallRetry(int Attempt, string Upstream, int? Status, string Reason, string Next);

/// <summary>An upstream's answer, before its body.</summary>
/// <param name="Upstream">Who answered.</param>
/// <param name="Attempt">The number of the attempt, from 1.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="After">From the call's arrival at the relay to the answer's headers.</param>
public sealed record CallAnswer(string Upstream, int Attempt, int Status, TimeSpan After)
{
    /// <summary>One round trip to the upstream, as it was measured last on an open connection; null where it is not known.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>
    /// What it told of the account's limits, as it told it: the values of its <c>anthropic-ratelimit-…</c> headers by their names, in small
    /// letters. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Limits { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}

/// <summary>How a call ended.</summary>
public enum CallOutcome
{
    /// <summary>The answer came whole.</summary>
    Completed,

    /// <summary>The API refused or failed: <see cref="CallReport.Status"/> and <see cref="CallReport.Error"/> say how.</summary>
    Failed,

    /// <summary>The answer broke off in the middle.</summary>
    Cut,

    /// <summary>Whoever asked went away before the end.</summary>
    Abandoned,

    /// <summary>The budget did not let it go.</summary>
    Refused,
}

/// <summary>What became of a call. Immutable; holds no word of its content.</summary>
public sealed record CallReport
{
    /// <summary>How it ended.</summary>
    public required CallOutcome Outcome { get; init; }

    /// <summary>The status that was sent on; null when whoever asked had left before.</summary>
    public int? Status { get; init; }

    /// <summary>The upstream that answered last; null when none was asked.</summary>
    public string? Upstream { get; init; }

    /// <summary>How many upstreams were asked.</summary>
    public int Attempts { get; init; }

    /// <summary>The model that answered, by its full name; null when the answer names none.</summary>
    public string? Model { get; init; }

    /// <summary>What it used, as far as it was told.</summary>
    public CallUsage Usage { get; init; } = CallUsage.None;

    /// <summary>The API's <c>stop_reason</c>.</summary>
    public string? StopReason { get; init; }

    /// <summary>The API's <c>stop_sequence</c>.</summary>
    public string? StopSequence { get; init; }

    /// <summary>The API's <c>request-id</c>.</summary>
    public string? RequestId { get; init; }

    /// <summary>The error's type in the API's words, or what broke.</summary>
    public string? Error { get; init; }

    /// <summary>How long the API asks to be left alone; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>From arrival to the answer's headers; null when there was none.</summary>
    public TimeSpan? TimeToResponse { get; init; }

    /// <summary>From arrival to the first text, thinking or tool input.</summary>
    public TimeSpan? TimeToFirstText { get; init; }

    /// <summary>From arrival to the end.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether the turn's parameters were set on it.</summary>
    public bool HasParameters { get; init; }
}
