using Pilotlight.Client.Problems;
using Pilotlight.Client.Turns;

namespace Pilotlight.Samples.Tenants;

/// <summary>A turn as plain text that grows.</summary>
public static class Answers
{
    /// <summary>Writes what is said as it comes. The first event is awaited before anything is sent, so that a refusal still has its status.</summary>
    /// <exception cref="PilotlightException">The gateway refused, or the turn failed before it said anything.</exception>
    public static async Task WriteAsync(IAsyncEnumerable<TurnEvent> turn, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "text/plain; charset=utf-8";
        await foreach (var happened in turn.WithCancellation(cancellationToken))
        {
            switch (happened)
            {
                case TextDelta delta:
                    await response.WriteAsync(delta.Text, cancellationToken);
                    await response.Body.FlushAsync(cancellationToken);
                    break;
                case TurnFailed failed when !response.HasStarted:
                    throw new PilotlightException(failed.Problem);
                case TurnFailed failed:
                    await response.WriteAsync($"\n[{failed.Problem.Title}]", cancellationToken);
                    break;
            }
        }
    }
}
