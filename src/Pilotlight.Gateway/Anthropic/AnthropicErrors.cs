namespace Pilotlight.Gateway.Anthropic;

/// <summary>A problem in the Anthropic API's own shape.</summary>
internal static class AnthropicErrors
{
    public static AnthropicErrorBody From(int status, string message) => new("error", new AnthropicError(
        status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            504 => "timeout_error",
            < 500 => "invalid_request_error",
            _ => "api_error",
        },
        message));
}
