namespace Pilotlight.Wire.Forwarding;

/// <summary>Which of an answer's headers are its own.</summary>
internal static class AnswerHeaders
{
    private static readonly HashSet<string> OfConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "alt-svc", "connection", "keep-alive", "proxy-authenticate", "server", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade",
    };

    public static bool IsOfConnection(string name) => OfConnection.Contains(name);
}
