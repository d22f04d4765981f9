using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Pilotlight.Gateway.Http;

/// <summary><c>HEAD</c> is answered wherever <c>GET</c> is, with its headers; the server leaves the body out by itself.</summary>
internal static class HeadRequests
{
    /// <summary>Before the routes are matched.</summary>
    public static void Use(IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        if (HttpMethods.IsHead(http.Request.Method))
        {
            http.Request.Method = HttpMethods.Get;
        }

        return next(http);
    });
}
