using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Responses;

/// <summary>Writes a response as its turn goes on: whole, or as the events of its stream.</summary>
internal sealed class ResponseWriter(HttpContext http, ResponseReading reading, StreamOptions options, TimeProvider time)
{
    public static Task WriteAsync(HttpContext http, JsonObject body)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = WholeAnswer.Json;
        }

        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }

    /// <summary>Follows the turn to its end, and writes what came of it. A client that leaves changes nothing about the turn.</summary>
    /// <param name="events">The turn's events, from its first on.</param>
    /// <param name="begun">Called before the headers are sent.</param>
    /// <exception cref="ProblemException">It failed.</exception>
    public async Task WriteWholeAsync(IAsyncEnumerable<StoredEvent> events, Action begun)
    {
        try
        {
            await foreach (var stored in events)
            {
                reading.Tell(stored);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        begun();
        if (reading.Failure is { } failure)
        {
            throw new ProblemException(failure);
        }

        await WriteAsync(http, reading.Story.Body);
    }

    /// <summary>Streams what comes after one event of the stream, to its end.</summary>
    /// <param name="events">The turn's events, from its first on.</param>
    /// <param name="after">The number of the last event that the client has; -1 for none.</param>
    /// <param name="begun">Called before the headers are sent, when the first event is there.</param>
    public async Task StreamAsync(IAsyncEnumerable<StoredEvent> events, int after, Action begun)
    {
        var writer = new DeadlineWriter(http, options.WriteDeadline, time);
        var hasBegun = false;
        try
        {
            await using var stored = events.GetAsyncEnumerator(http.RequestAborted);
            await foreach (var happened in Heartbeat.Between(stored, options.Heartbeat, time, http.RequestAborted))
            {
                if (!hasBegun)
                {
                    begun();
                    writer.Begin();
                    hasBegun = true;
                    await SendAsync(reading.Story.Begin());
                }

                await (happened is null ? writer.SendAsync(": ping\n\n") : SendAsync(reading.Tell(happened)));
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or was too slow. The turn goes on without it.
        }

        async ValueTask SendAsync(IReadOnlyList<ResponseEvent> told)
        {
            if (told.Count > 0 && told[^1].SequenceNumber > after)
            {
                await writer.SendAsync(string.Concat(told.Where(one => one.SequenceNumber > after).Select(one => one.Frame())));
            }
        }
    }
}
