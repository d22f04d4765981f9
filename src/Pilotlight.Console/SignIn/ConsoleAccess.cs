using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;
using Pilotlight.Gateway.Access;

namespace Pilotlight.WebConsole.SignIn;

/// <summary>Marks the console's pages and their circuit.</summary>
internal sealed record ConsolePage;

/// <summary>Lets to the console's pages whom the API would serve: with keys those who signed in with one, without them this machine alone.</summary>
internal sealed class ConsoleAccess(RequestDelegate next, KeyService keys)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<ConsolePage>() is null)
        {
            await next(http);
        }
        else if (!await keys.AreNeededAsync(http.RequestAborted))
        {
            await (ThisMachine.WhyNot(http) is { } why
                ? RefuseAsync(http, $"This gateway has no keys and answers its own machine alone, and {why}. 'pilotlight keys create --admin NAME' makes the first key; sign in with it here.")
                : next(http));
        }
        else if (ConsoleSignIn.KeyIdOf(http.User) is { } id && await keys.FindAsync(id, http.RequestAborted) is { } key)
        {
            http.Features.Set(Caller.Of(key));
            await next(http);
        }
        else if (http.Request.Path.StartsWithSegments("/_blazor"))
        {
            await RefuseAsync(http, "Sign in first.");
        }
        else
        {
            http.Response.Redirect($"{http.Request.PathBase}{ConsoleSignIn.Path}?from={Uri.EscapeDataString(http.Request.Path + http.Request.QueryString)}");
        }
    }

    private static Task RefuseAsync(HttpContext http, string why)
    {
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return http.Response.WriteAsync(why, http.RequestAborted);
    }
}
