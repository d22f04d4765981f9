using System.Runtime.CompilerServices;

namespace Pilotlight.Gateway.Http;

/// <summary>Puts a beat between events that are far apart.</summary>
internal static class Heartbeat
{
    /// <summary>The events as they come, and null after each silence.</summary>
    /// <remarks>The source must end by itself once <paramref name="cancellationToken"/> is cancelled; from then on there are no more beats.</remarks>
    public static async IAsyncEnumerable<T?> Between<T>(
        IAsyncEnumerator<T> events, TimeSpan silence, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var moving = Task.FromResult(true);
        try
        {
            while (true)
            {
                moving = events.MoveNextAsync().AsTask();
                while (!await CompletesWithinAsync(moving, silence, time, cancellationToken))
                {
                    yield return null;
                }

                if (!await moving)
                {
                    yield break;
                }

                yield return events.Current;
            }
        }
        finally
        {
            // An iterator must not be disposed while it moves.
            await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static async ValueTask<bool> CompletesWithinAsync(Task moving, TimeSpan silence, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!moving.IsCompleted)
        {
            await moving.WaitAsync(silence, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAny(moving);
        }

        return moving.IsCompleted;
    }
}
