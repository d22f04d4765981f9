using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Pilotlight.Gateway.Http;

/// <summary>Writes an answer that is not streamed, also when its headers were sent while it was awaited.</summary>
internal static class WholeAnswer
{
    public const string Json = "application/json; charset=utf-8";

    public static Task WriteAsync<T>(HttpContext http, T answer, JsonTypeInfo<T> type)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = Json;
        }

        return JsonSerializer.SerializeAsync(http.Response.Body, answer, type, http.RequestAborted);
    }
}
