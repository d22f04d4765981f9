using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Pilotlight.Simulator;

/// <summary>The simulator's own routes, for those who run it in another process.</summary>
/// <remarks>
/// <c>GET /_simulator/requests</c> what it was sent, credentials left out; <c>DELETE</c> the same forgets it and all scenarios;
/// <c>GET /_simulator/told</c> what it told clients that its answers used;
/// <c>POST /_simulator/scenarios</c> with a JSON array of scenarios takes the next requests.
/// </remarks>
internal static class SimulatorControl
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static async Task HandleAsync(HttpContext http, PathString path, SimulatorServer server)
    {
        switch (http.Request.Method, path.Value)
        {
            case ("GET", "/requests"):
                await http.Response.WriteAsJsonAsync(new JsonArray([.. server.Requests.Select(Describe)]));
                break;
            case ("GET", "/told"):
                await http.Response.WriteAsJsonAsync(server.Told, Json);
                break;
            case ("DELETE", "/requests"):
                server.Clear();
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case ("POST", "/scenarios"):
                server.Enqueue(await http.Request.ReadFromJsonAsync<Scenario[]>(Json) ?? []);
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private static JsonNode Describe(RecordedRequest request) => new JsonObject
    {
        ["method"] = request.Method,
        ["path"] = request.Path,
        ["at"] = request.At,
        ["body"] = request.Body.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(request.Body.GetRawText()),
    };
}
