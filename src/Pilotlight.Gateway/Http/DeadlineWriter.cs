using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>Writes an event stream's pieces, each by a deadline.</summary>
/// <remarks>Kestrel never drops a client that does not read; here who misses the deadline is dropped.</remarks>
internal sealed class DeadlineWriter(HttpContext http, TimeSpan limit, TimeProvider time)
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

    /// <summary>Writes and flushes.</summary>
    /// <exception cref="OperationCanceledException">The client is gone, or was too slow.</exception>
    public ValueTask SendAsync(string text)
    {
        Encoding.UTF8.GetBytes(text, http.Response.BodyWriter);
        return FlushAsync();
    }

    /// <summary>Writes an event and flushes.</summary>
    /// <exception cref="OperationCanceledException">The client is gone, or was too slow.</exception>
    public ValueTask SendAsync(StoredEvent stored)
    {
        SseFrame.Write(http.Response.BodyWriter, stored);
        return FlushAsync();
    }

    // A client that keeps up takes what is flushed at once: only one that does not needs a deadline.
    private ValueTask FlushAsync()
    {
        var flushing = http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        return flushing.IsCompletedSuccessfully ? ValueTask.CompletedTask : WaitAsync(flushing);
    }

    private async ValueTask WaitAsync(ValueTask<FlushResult> flushing)
    {
        try
        {
            await flushing.AsTask().WaitAsync(limit, time, http.RequestAborted);
        }
        catch (TimeoutException)
        {
            http.Abort();
            throw new OperationCanceledException("The client did not read in time.");
        }
    }
}
