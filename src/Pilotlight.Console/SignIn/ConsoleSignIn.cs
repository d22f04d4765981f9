using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;
using Pilotlight.Gateway.Access;

namespace Pilotlight.WebConsole.SignIn;

/// <summary>Signs in with a gateway key: the browser gets a cookie that names the key's public id, and never the key.</summary>
/// <remarks>The cookie opens the console alone; the API takes keys and no cookies, so no other site can use it.</remarks>
internal static class ConsoleSignIn
{
    public const string Path = "/sign-in";
    private const string Scheme = "console";
    private const string Reason = "The console asks for the key itself, and lets nobody in without.";

    public static void AddServices(IServiceCollection services) => services.AddAuthentication(Scheme).AddCookie(Scheme, cookie =>
    {
        cookie.Cookie.Name = "pilotlight";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Strict;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.ExpireTimeSpan = TimeSpan.FromDays(7);
        cookie.SlidingExpiration = true;
    });

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription().AllowWithoutKey(Reason);
        group.MapGet(Path, (HttpContext http, IAntiforgery antiforgery) => Page(http, antiforgery, from: http.Request.Query["from"], fault: null));
        group.MapPost(Path, SignInAsync);
        group.MapPost("/sign-out", SignOutAsync);
    }

    public static string? KeyIdOf(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier);

    private static async Task<IResult> SignInAsync(
        HttpContext http, IAntiforgery antiforgery, KeyService keys, [FromForm] string? key, [FromForm] string? from)
    {
        if (await keys.VerifyAsync((key ?? "").Trim(), http.RequestAborted) is not { } found)
        {
            return Page(http, antiforgery, from, "This key opens nothing: it is unknown here, mistyped or revoked.");
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, found.Id)], Scheme);
        await http.SignInAsync(Scheme, new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = true });
        return TypedResults.LocalRedirect("~" + Local(from));
    }

    private static async Task<RedirectHttpResult> SignOutAsync(HttpContext http, [FromForm] string? from)
    {
        _ = from; // A form field is what makes the framework demand the antiforgery token.
        await http.SignOutAsync(Scheme);
        return TypedResults.LocalRedirect("~" + Path);
    }

    private static RazorComponentResult<SignInDocument> Page(HttpContext http, IAntiforgery antiforgery, string? from, string? fault) => new(new
    {
        Base = http.Request.PathBase + "/",
        From = Local(from),
        Fault = fault,
        Token = antiforgery.GetAndStoreTokens(http),
        IsSimulated = http.RequestServices.GetRequiredService<Microsoft.Extensions.Options.IOptions<ServerOptions>>().Value.IsSimulated,
    })
    {
        StatusCode = fault is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized,
        PreventStreamingRendering = true,
    };

    // Only ever to a page of ours.
    private static string Local(string? from) =>
        from is ['/', ..] && !from.StartsWith("//", StringComparison.Ordinal) && !from.StartsWith("/\\", StringComparison.Ordinal) && !from.StartsWith(Path, StringComparison.Ordinal)
            ? from : "/";
}
