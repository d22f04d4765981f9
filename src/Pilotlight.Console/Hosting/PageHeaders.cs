using Microsoft.AspNetCore.Http;

namespace Pilotlight.WebConsole.Hosting;

/// <summary>What the console's pages may do in the browser, and who may open a circuit.</summary>
internal static class PageHeaders
{
    // Scripts are files of ours, never inline. The component library writes its colours into a style element.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    public static Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path.StartsWithSegments("/_blazor") && !IsOwnOrigin(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        http.Response.OnStarting(static state =>
        {
            var response = (HttpResponse)state;
            response.Headers.XContentTypeOptions = "nosniff";
            if (response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true)
            {
                response.Headers.ContentSecurityPolicy = Policy;
                response.Headers["Referrer-Policy"] = "same-origin";
                response.Headers.CacheControl = "no-store";
            }

            return Task.CompletedTask;
        }, http.Response);
        return next(http);
    }

    // A browser lets any site open a web socket to any other; only this header tells them apart.
    private static bool IsOwnOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from)
            && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
