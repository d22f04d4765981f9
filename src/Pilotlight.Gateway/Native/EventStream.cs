using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Native;

/// <summary>Writes a turn's events as server-sent events.</summary>
/// <remarks>Idle streams get a comment now and then, so that proxies keep them open. A client that is dropped can resume from its last event.</remarks>
internal sealed class EventStream(HttpContext http, StreamOptions options, TimeProvider time)
{
    private readonly DeadlineWriter _writer = new(http, options.WriteDeadline, time);

    /// <summary>The headers; call before anything is written.</summary>
    public void Begin() => _writer.Begin();

    /// <summary>Writes to the end of the turn; returns early when the client is gone.</summary>
    public async Task WriteAsync(IAsyncEnumerator<StoredEvent> events, bool hasCurrent)
    {
        try
        {
            if (hasCurrent)
            {
                await _writer.SendAsync(FailedEvent.WithStatus(events.Current));
            }

            await foreach (var stored in Heartbeat.Between(events, options.Heartbeat, time, http.RequestAborted))
            {
                await (stored is null ? _writer.SendAsync(": ping\n\n") : _writer.SendAsync(FailedEvent.WithStatus(stored)));
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or was too slow. The turn goes on without it.
        }
    }
}
