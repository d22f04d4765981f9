using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>A problem in the OpenAI API's own shape.</summary>
internal static class OpenAiErrors
{
    public static OpenAiErrorBody From(int status, string type, string message, string? parameter = null) => new(new OpenAiError(
        message,
        status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            < 500 => "invalid_request_error",
            _ => "server_error",
        },
        parameter,
        Code(type)));

    // Ours for programs: what stands behind the prefix, with the API's own underscores.
    private static string Code(string type) =>
        (type.StartsWith(TurnProblem.TypePrefix, StringComparison.Ordinal) ? type[TurnProblem.TypePrefix.Length..] : type).Replace('-', '_');
}
