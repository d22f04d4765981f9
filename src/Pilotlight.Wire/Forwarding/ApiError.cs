using System.Net;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pilotlight.Wire.Forwarding;

/// <summary>An error in the shape of the API's own, so that the CLI and every client can read it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The error's type in the API's words.</param>
/// <param name="Message">What happened and what to do; holds no secret.</param>
/// <param name="MayRetry">Whether asking again can help; otherwise the CLI is told not to.</param>
internal sealed record ApiError(int Status, string Type, string Message, bool MayRetry)
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ApiError UnknownToken { get; } = new(
        401, "authentication_error", "This relay does not know the token: the process that it was given to has ended, or it was made up.", false);

    // Not 400 or 422: at those the CLI asks again with fewer beta features, three times in all. 402 and 424 it takes at once and shows as
    // they are (2.1.330).
    public static ApiError Refused(string reason) => new(402, "billing_error", reason, false);

    public static ApiError BadParameters(string reason) => new(
        424, "invalid_request_error", $"The turn's parameters could not be set in the CLI's call: {reason}", false);

    public static ApiError NotAsRehearsed(string reason) => new(
        424, "invalid_request_error", $"The call was not sent, since the process's rehearsal could not be taken out of it: {reason}. Send the message again.", false);

    public static ApiError NotJson { get; } = new(400, "invalid_request_error", "The body is not a JSON object.", false);

    public static ApiError NoUpstream(string model) => new(
        404, "not_found_error", $"No upstream serves the model '{model}'. Add it to the Models of one under Pilotlight:Wire:Upstreams.", false);

    public static ApiError NoRoute(string upstream, string path) => new(
        404, "not_found_error", $"The upstream '{upstream}' has nothing at {path}.", false);

    // What never worked is a setting, and is told at once; what did work may come back, and the CLI waits for it.
    public static ApiError Unreachable(string problem, bool hasWorked) => hasWorked
        ? new(502, "api_error", problem, true)
        : new(424, "api_error", problem, false);

    public static ApiError NotTheApi(string upstream, Uri address, int status) => new(
        status is >= 500 or 429 ? status : 424,
        "api_error",
        $"The upstream '{upstream}' at {address} answered {status} with something that is not the Messages API. Check its BaseUrl, and what stands between.",
        status is >= 500 or 429);

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "error");
            writer.WriteStartObject("error");
            writer.WriteString("type", Type);
            writer.WriteString("message", Message);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    public HttpResponseMessage ToResponse()
    {
        var response = new HttpResponseMessage((HttpStatusCode)Status) { Content = new ByteArrayContent(ToBytes()) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        response.Headers.TryAddWithoutValidation("x-should-retry", MayRetry ? "true" : "false");
        return response;
    }
}
