using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

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
    public async ValueTask SendAsync(string text)
    {
        using var deadline = new CancellationTokenSource(limit, time);
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
