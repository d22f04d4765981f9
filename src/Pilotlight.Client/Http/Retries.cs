using Pilotlight.Client.Problems;

namespace Pilotlight.Client.Http;

/// <summary>The waits between the tries to reach a gateway again: longer each time, never all clients at once, and not for ever.</summary>
internal sealed class Retries(TimeSpan limit, TimeProvider time)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private long? _since;
    private int _tries;

    /// <summary>Something came: the next break counts from its own beginning.</summary>
    public void Progress() => (_since, _tries) = (null, 0);

    /// <summary>Waits before the next try.</summary>
    /// <exception cref="PilotlightException">The time is up.</exception>
    public async Task WaitAsync(Exception cause, CancellationToken cancellationToken)
    {
        _since ??= time.GetTimestamp();
        if (time.GetElapsedTime(_since.Value) >= limit)
        {
            throw new PilotlightException(
                new GatewayProblem(
                    GatewayProblem.Unreachable,
                    "The turn cannot be followed",
                    $"The connection broke and could not be made again within {limit.TotalSeconds:0} s: {cause.Message} The turn may go on; follow it later, or read the thread's messages."),
                cause);
        }

        var delay = Math.Min(s_longest.TotalMilliseconds, s_first.TotalMilliseconds * Math.Pow(2, Math.Min(_tries++, 16)));
        await Task.Delay(TimeSpan.FromMilliseconds(delay * (0.5 + (Random.Shared.NextDouble() / 2))), time, cancellationToken).ConfigureAwait(false);
    }
}
