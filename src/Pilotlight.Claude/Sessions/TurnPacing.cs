using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Sessions;

/// <summary>When a turn has waited long enough: silence, its whole length, its retries. One instance a turn.</summary>
internal sealed class TurnPacing(ClaudeOptions options, TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    private long? _retryingSince;
    private int _lastAttempt;

    /// <summary>Why the turn was given up for silence.</summary>
    public TurnError TimeoutError { get; private set; } = new(
        TurnErrorKind.Timeout, $"The CLI said nothing for {options.SilenceTimeout} and did not answer when asked. Send the message again.");

    /// <summary>How long to wait for the next message before looking after the CLI.</summary>
    public TimeSpan NextCheck()
    {
        var left = options.TurnTimeout - time.GetElapsedTime(_startedAt);
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left < options.SilenceTimeout ? left : options.SilenceTimeout;
    }

    /// <summary>Whether a silent turn may go on: it has time left, and the CLI answers.</summary>
    public async ValueTask<bool> StillBusyAsync(Func<Task<bool>> isAlive)
    {
        if (time.GetElapsedTime(_startedAt) >= options.TurnTimeout)
        {
            TimeoutError = new TurnError(
                TurnErrorKind.Timeout, $"The turn took longer than {options.TurnTimeout}. Raise Pilotlight:Claude:TurnTimeout if turns may.");
            return false;
        }

        return await isAlive();
    }

    /// <summary>The error to end with when retrying further is no use, or null.</summary>
    /// <remarks>The CLI retries even a wrong key ten times, for minutes.</remarks>
    public TurnError? GiveUp(CliApiRetry? retry)
    {
        if (retry is null)
        {
            _retryingSince = null;
            return null;
        }

        if (retry.Status is 401 or 403)
        {
            return TurnErrors.FromRetry(retry);
        }

        if (_retryingSince is null || retry.Attempt < _lastAttempt)
        {
            _retryingSince = time.GetTimestamp();
        }

        _lastAttempt = retry.Attempt;
        return time.GetElapsedTime(_retryingSince.Value) + retry.Delay > options.RetryDeadline ? TurnErrors.FromRetry(retry) : null;
    }
}
