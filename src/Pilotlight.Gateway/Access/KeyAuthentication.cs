using System.Net;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;

namespace Pilotlight.Gateway.Access;

/// <summary>Finds out who makes a request, before anything else is done about it.</summary>
/// <remarks>
/// While there has never been a key, whoever is on this machine may do everything and nobody else anything. Once there was
/// one, every endpoint needs one, unless it is marked <see cref="WithoutKey"/>: revoking the last key opens nothing.
/// </remarks>
internal sealed class KeyAuthentication(RequestDelegate next, KeyService keys)
{
    private const string Bearer = "Bearer ";

    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"];

    public async Task InvokeAsync(HttpContext http)
    {
        RefuseKeyInQuery(http.Request);
        var endpoint = http.GetEndpoint()?.Metadata;
        if (endpoint?.GetMetadata<WithoutKey>() is null)
        {
            var caller = await FindAsync(http);
            if (endpoint?.GetMetadata<AdminsOnly>() is not null && !caller.IsAdmin)
            {
                throw AccessProblems.AdminsOnly(caller);
            }

            http.Features.Set(caller);
        }

        await next(http);
    }

    // Lines of requests are logged by every proxy on the way, with whatever stands in them.
    private static void RefuseKeyInQuery(HttpRequest request)
    {
        if (request.QueryString.HasValue && KeyText.IsIn(Uri.UnescapeDataString(request.QueryString.Value!)))
        {
            throw AccessProblems.KeyInQuery();
        }
    }

    private async ValueTask<Caller> FindAsync(HttpContext http)
    {
        if (!await keys.AreNeededAsync(http.RequestAborted))
        {
            return IsThisMachine(http) ? Caller.Local : throw AccessProblems.NoKeys();
        }

        if (Read(http.Request) is not { } text)
        {
            throw AccessProblems.KeyMissing();
        }

        return await keys.VerifyAsync(text, http.RequestAborted) is { } key ? Caller.Of(key) : throw AccessProblems.KeyWrong();
    }

    // A proxy on this machine speaks for callers from anywhere, and says so by its headers.
    private static bool IsThisMachine(HttpContext http) =>
        (http.Connection.RemoteIpAddress is not { } address || IPAddress.IsLoopback(address))
        && !ProxyHeaders.Any(http.Request.Headers.ContainsKey);

    private static string? Read(HttpRequest request)
    {
        string? header = request.Headers.Authorization;
        if (header?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true)
        {
            return header[Bearer.Length..].Trim();
        }

        return request.Headers["x-api-key"] is [{ Length: > 0 } key, ..] ? key.Trim() : null;
    }
}
