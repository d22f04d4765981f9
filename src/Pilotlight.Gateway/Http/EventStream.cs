using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>Writes a turn's events as server-sent events.</summary>
/// <remarks>
/// Idle streams get a comment now and then, so that proxies keep them open. Kestrel never drops a client that does not read,
/// so each write has a deadline; who misses it can resume from its last event.
/// </remarks>
internal sealed class EventStream(HttpContext http, RelayOptions options, TimeProvider time)
{
    /// <summary>The headers; call before anything is written.</summary>
    public void Begin()
    {
        var response = http.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    /// <summary>Writes to the end of the turn; returns early when the client is gone.</summary>
    public async Task WriteAsync(IAsyncEnumerator<StoredEvent> events, bool hasCurrent)
    {
        var gone = http.RequestAborted;
        try
        {
            if (hasCurrent)
            {
                await SendAsync(Format(events.Current));
            }

            var next = events.MoveNextAsync().AsTask();
            while (true)
            {
                await Task.WhenAny(next, Task.Delay(options.Heartbeat, time, gone));
                if (!next.IsCompleted)
                {
                    gone.ThrowIfCancellationRequested();
                    await SendAsync(": ping\n\n");
                    continue;
                }

                if (!await next)
                {
                    return;
                }

                await SendAsync(Format(events.Current));
                next = events.MoveNextAsync().AsTask();
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or was too slow. The turn goes on without it.
        }
    }

    private static string Format(StoredEvent stored) => $"id: {stored.Id}\nevent: {stored.Type}\ndata: {stored.Data}\n\n";

    private async Task SendAsync(string text)
    {
        using var deadline = new CancellationTokenSource(options.WriteDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        try
        {
            await http.Response.WriteAsync(text, either.Token);
            await http.Response.Body.FlushAsync(either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            http.Abort();
            throw;
        }
    }
}
