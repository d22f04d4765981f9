using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Pilotlight.Gateway.Http;

/// <summary>Unpacks bodies that come compressed, within the bound of their route.</summary>
internal static class PackedBodies
{
    /// <summary>The codings that are taken.</summary>
    public const string Codings = "gzip, br, deflate";

    /// <summary>Once it is known who sends them.</summary>
    public static void Use(IApplicationBuilder app) => app.UseRequestDecompression().Use(static (http, next) =>
    {
        // The stage before has taken off what it could unpack.
        var left = http.Request.Headers.ContentEncoding.ToString();
        return left.Length == 0 || left.Equals("identity", StringComparison.OrdinalIgnoreCase) ? next(http) : throw HttpProblems.CodingUnknown();
    });
}
