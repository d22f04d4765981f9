using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Http;

/// <summary>What is wrong with a request as HTTP sees it, before it means anything.</summary>
internal static class HttpProblems
{
    public const string NotFound = "not-found";
    public const string UnsupportedMediaType = "unsupported-media-type";
    public const string UnknownCoding = "unsupported-content-encoding";
    public const string BodyTooLarge = "body-too-large";
    public const string Internal = "internal";

    public static ProblemException NoRoute(HttpRequest request) => new(new Problem(
        NotFound, "There is nothing here", $"There is no {request.Method} {request.Path}. /openapi/v1.json lists all routes, /scalar shows them."));

    public static ProblemException NotJson(string contentType) => new(new Problem(
        UnsupportedMediaType, "The body is not JSON", $"The content type is '{contentType}'; send application/json."));

    public static ProblemException CodingUnknown() => new(new Problem(
        UnknownCoding, "The body is compressed in a way that is not known here", $"Send it uncompressed, or as one of {PackedBodies.Codings}, which the response names in Accept-Encoding."));

    public static ProblemException NoModel(string id) => new(new Problem(
        ProblemKinds.ModelNotFound, "There is no such model here", $"There is no model '{id}' in the list; GET /v1/models shows it."));

    public static ProblemException NoKey(string id) => new(new Problem(
        ProblemKinds.KeyNotFound, "There is no such key", $"There is no key '{id}' that still opens something. GET /api/keys lists them."));
}
