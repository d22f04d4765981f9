namespace Pilotlight.Wire.Processes;

/// <summary>The variables that send a CLI's calls to the relay.</summary>
internal static class ProcessEnvironment
{
    // The CLI says which class a call is of only when it is asked to.
    private const string HintHeaders = "CLAUDE_CODE_GATEWAY_HINT_HEADERS";

    // The CLI does not start without something in the key's place.
    private const string NoKey = "none";

    /// <summary>For a process that is told by its socket: nothing in it is worth anything.</summary>
    public static IReadOnlyDictionary<string, string> CreateForOwnSocket(string socketPath) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [HintHeaders] = "1",
        ["ANTHROPIC_UNIX_SOCKET"] = socketPath,
        ["ANTHROPIC_BASE_URL"] = "http://localhost",
        ["ANTHROPIC_API_KEY"] = NoKey,
    };

    /// <exception cref="InvalidOperationException">The relay has no address yet.</exception>
    public static IReadOnlyDictionary<string, string> Create(string? socketPath, Uri? loopback, ProcessToken token, bool isSignedIn)
    {
        // Without a base URL the CLI does not answer on a socket (2.1.330).
        var address = socketPath is not null
            ? "http://localhost"
            : loopback?.AbsoluteUri.TrimEnd('/') ?? throw new InvalidOperationException("The relay has no address before it is started.");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { [HintHeaders] = "1" };
        if (socketPath is not null)
        {
            environment["ANTHROPIC_UNIX_SOCKET"] = socketPath;
        }

        if (isSignedIn)
        {
            // The place of the key is taken by the sign-in, so the token stands in the path.
            environment["ANTHROPIC_BASE_URL"] = $"{address}/{token.Text}";
        }
        else
        {
            environment["ANTHROPIC_BASE_URL"] = address;
            environment["ANTHROPIC_API_KEY"] = token.Text;
        }

        return environment;
    }
}
