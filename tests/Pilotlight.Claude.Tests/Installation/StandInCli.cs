namespace Pilotlight.Claude.Tests.Installation;

/// <summary>A script in the CLI's place, for faults that the real one cannot be brought to.</summary>
internal static class StandInCli
{
    public const string Help =
        "--tools --strict-mcp-config --setting-sources --disable-slash-commands --no-session-persistence --print --input-format --output-format "
        + "--verbose --include-partial-messages --model --permission-mode --allowedTools --mcp-config";

    /// <summary>Answers every control request with success.</summary>
    public const string Agreeable =
        """
        while IFS= read -r line; do
          id=$(printf '%s' "$line" | sed 's/.*"request_id":"\([^"]*\)".*/\1/')
          printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "$id"
        done
        """;

    public static async Task<string> WriteAsync(string folder, string body, string version, string help, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, "claude");
        await File.WriteAllTextAsync(
            path,
            $"""
            #!/bin/sh
            case "$1" in
              --version) echo run >> "$(dirname "$0")/asked"; {version}; exit ;;
              --help) echo '{help}'; exit ;;
            esac
            {body}

            """,
            cancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }

        return path;
    }
}
