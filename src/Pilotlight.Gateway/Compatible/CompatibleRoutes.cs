using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What the routes of the compatible APIs have in common.</summary>
internal static class CompatibleRoutes
{
    /// <summary>Describes a call for the API's document, and takes larger bodies than the native routes do.</summary>
    public static RouteHandlerBuilder DescribeCall(this RouteHandlerBuilder route, string tag, string name, string summary, string description) => route
        .WithTags(tag)
        .WithName(name)
        .WithSummary(summary)
        .WithDescription(description)
        .WithMetadata(new BodyLimit(CompatibleCall.MaxBodyBytes));

    private sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
