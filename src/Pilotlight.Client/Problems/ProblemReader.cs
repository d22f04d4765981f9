using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Client.Problems;

/// <summary>Reads problems off responses and events.</summary>
internal static class ProblemReader
{
    private const string TypePrefix = "urn:pilotlight:problem:";

    /// <summary>The problem of a response that is no success; also of one that a proxy wrote.</summary>
    public static async Task<PilotlightException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var said = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true
            ? Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false))
            : null;
        return new PilotlightException(From(said ?? new ProblemJson()) with
        {
            Status = status,
            Detail = said?.Detail ?? $"{response.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Authority)} answered {status} without saying why.",
            RetryAfter = response.Headers.RetryAfter?.Delta,
        });
    }

    /// <summary>A problem as JSON has it.</summary>
    public static GatewayProblem From(ProblemJson problem)
    {
        var type = problem.Type ?? "";
        return new GatewayProblem(
            type.StartsWith(TypePrefix, StringComparison.Ordinal) ? type[TypePrefix.Length..] : type, problem.Title ?? "The request failed", problem.Detail ?? "")
        {
            Status = problem.Status,
            UpstreamStatus = problem.UpstreamStatus,
            TraceId = problem.TraceId,
        };
    }

    private static ProblemJson? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ProblemJsonContext.Default.ProblemJson);
        }
        catch (JsonException)
        {
            return null; // Whatever wrote it, it was not the gateway.
        }
    }
}

/// <summary>RFC 9457's problem, as the gateway fills it.</summary>
internal sealed record ProblemJson(
    string? Type = null, string? Title = null, string? Detail = null, int? Status = null, int? UpstreamStatus = null, string? TraceId = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ProblemJson))]
internal sealed partial class ProblemJsonContext : JsonSerializerContext;
