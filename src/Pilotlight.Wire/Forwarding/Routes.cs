namespace Pilotlight.Wire.Forwarding;

/// <summary>What may be asked with a key of the server's.</summary>
internal static class Routes
{
    /// <summary>Whether a request asks for a message: what costs money, and is counted.</summary>
    public static bool IsMessage(string method, string path) => method == "POST" && path == "/v1/messages";

    /// <summary>
    /// Whether a process may ask it with the server's key. Everything else that a key opens (batches, files, administration) would
    /// go past counting and budgets.
    /// </summary>
    public static bool IsOpen(string method, string path) => (method, path) switch
    {
        ("POST", "/v1/messages" or "/v1/messages/count_tokens") => true,
        ("GET", "/v1/models") => true,
        ("GET", _) => path.StartsWith("/v1/models/", StringComparison.Ordinal) && !path.Contains("..", StringComparison.Ordinal),
        _ => false,
    };
}
