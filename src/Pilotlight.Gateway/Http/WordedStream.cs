using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>How one protocol words a turn: the same events make the same words, whoever reads and whenever.</summary>
internal interface ITurnWords
{
    /// <summary>What stands before all else.</summary>
    IEnumerable<JsonObject> Begin();

    /// <summary>What an event is in this protocol's words.</summary>
    IEnumerable<JsonObject> Tell(StoredEvent stored);

    /// <summary>What closes the stream once the turn has ended; null for nothing.</summary>
    string? Last { get; }
}

/// <summary>Streams a turn in the words of a protocol, each with a number, so that a client goes on after the last one that it has.</summary>
/// <remarks>A stream is resumed by telling all of it again and leaving out what the client has.</remarks>
internal sealed class WordedStream(HttpContext http, StreamOptions options, TimeProvider time)
{
    private readonly DeadlineWriter _writer = new(http, options.WriteDeadline, time);

    /// <summary>The number of the last word that a client has, from its <c>Last-Event-ID</c>; 0 without.</summary>
    /// <exception cref="ProblemException">It is no number.</exception>
    public static long After(HttpRequest request) => request.Headers["Last-Event-ID"].ToString() is not { Length: > 0 } last ? 0
        : long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw RequestProblems.Invalid($"Last-Event-ID is '{last}'; it must be the id of an event, a whole number.");

    /// <summary>Writes what comes after a word, to the turn's end; returns early when the client is gone.</summary>
    /// <param name="events">The turn's events, from the first on.</param>
    /// <param name="words">The protocol.</param>
    /// <param name="after">The number of the last word that the client has.</param>
    /// <param name="begun">Called before the headers are sent, when the first event is there.</param>
    public async Task WriteAsync(IAsyncEnumerable<StoredEvent> events, ITurnWords words, long after, Action begun)
    {
        var (hasBegun, number) = (false, 0L);
        try
        {
            await using var stored = events.GetAsyncEnumerator(http.RequestAborted);
            await foreach (var happened in Heartbeat.Between(stored, options.Heartbeat, time, http.RequestAborted))
            {
                if (!hasBegun)
                {
                    begun();
                    _writer.Begin();
                    hasBegun = true;
                    await SendAsync(words.Begin());
                }

                await (happened is null ? _writer.SendAsync(": ping\n\n") : SendAsync(words.Tell(happened)));
            }

            if (words.Last is { } last)
            {
                await _writer.SendAsync(last);
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or was too slow. The turn goes on without it.
        }

        async ValueTask SendAsync(IEnumerable<JsonObject> told)
        {
            var frames = new StringBuilder();
            foreach (var word in told)
            {
                if (++number > after)
                {
                    frames.Append(CultureInfo.InvariantCulture, $"id: {number}\ndata: {word.ToJsonString()}\n\n");
                }
            }

            if (frames.Length > 0)
            {
                await _writer.SendAsync(frames.ToString());
            }
        }
    }
}
