using Microsoft.AspNetCore.Http;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Whose words a route of the compatible APIs speaks.</summary>
internal enum Dialect
{
    None,
    OpenAi,
    Anthropic,
}

/// <summary>Tells the routes of the compatible APIs apart, also those that do not exist.</summary>
internal static class Dialects
{
    public static Dialect Of(HttpRequest request) =>
        !request.Path.StartsWithSegments("/v1", out var rest) ? Dialect.None
        : rest.StartsWithSegments("/messages") || request.Headers.ContainsKey("anthropic-version") ? Dialect.Anthropic
        : Dialect.OpenAi;
}
