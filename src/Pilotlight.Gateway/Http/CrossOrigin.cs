using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Pilotlight.Gateway.Http;

/// <summary>Lets pages of the origins that the settings name call the compatible APIs and threads, and read what is said of errors as well.</summary>
internal static class CrossOrigin
{
    private static readonly string[] s_told =
    [
        "x-pilotlight-ignored", "x-pilotlight-route", "x-pilotlight-acquire", "x-pilotlight-overhead-ms", "x-pilotlight-turn", "x-pilotlight-replayed", "content-disposition", "x-request-id", "request-id", "retry-after", "x-should-retry",
        .. RateHeaders.Names,
    ];

    public static void Use(IApplicationBuilder app, IList<string> origins)
    {
        if (origins.Count == 0)
        {
            return;
        }

        app.UseWhen(http => http.Request.Path.StartsWithSegments("/v1") || http.Request.Path.StartsWithSegments("/api/threads"), compatible => compatible.UseCors(policy =>
        {
            // Callers are told by the key that they send, never by a cookie.
            policy.AllowAnyHeader().WithMethods("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE").WithExposedHeaders(s_told).SetPreflightMaxAge(TimeSpan.FromHours(1));
            _ = origins.Contains("*") ? policy.AllowAnyOrigin() : policy.WithOrigins([.. origins]);
        }));
    }
}
