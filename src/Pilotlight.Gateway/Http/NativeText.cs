using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;

namespace Pilotlight.Gateway.Http;

/// <summary>Makes the JSON of native requests fit to be read before they are bound; the compatible routes read their own.</summary>
internal static class NativeText
{
    public static async Task MendAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint() is not null && http.Request.Path.StartsWithSegments("/api") && http.Request.HasJsonContentType())
        {
            var text = await JsonBody.ReadTextAsync(http);
            http.Request.Body = MemoryMarshal.TryGetArray<byte>(text, out var bytes)
                ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
                : new MemoryStream(text.ToArray(), writable: false);
        }

        await next(http);
    }
}
