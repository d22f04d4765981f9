using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Profiles;

/// <summary>Lets a process go through a first turn, short of asking the model, before anybody waits for it.</summary>
/// <remarks>
/// A prompt is sent while a <c>UserPromptSubmit</c> hook blocks every prompt; the CLI erases a blocked prompt, and the hook is
/// taken out again. The next request is, byte for byte, that of an untouched process (seen with 2.1.309 and 2.1.330). What is
/// gained and what was tried instead: docs/decisions/0006-the-first-turn.md.
/// </remarks>
internal static class Rehearsal
{
    /// <summary>Runs it; the process is fit to be parked afterwards.</summary>
    /// <exception cref="CliProtocolException">The prompt was not blocked, or something was refused: the process must not be used.</exception>
    /// <exception cref="TimeoutException">Something took longer than <paramref name="limit"/>.</exception>
    public static async Task RunAsync(CliConnection connection, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        await connection.RequestAsync(Hooks(BlockEveryPrompt()), limit, cancellationToken);
        await connection.WriteAsync(writer => CliLines.User(writer, "rehearsal"), cancellationToken);
        var result = await ResultAsync(connection, cancellationToken).WaitAsync(limit, time, cancellationToken);
        if (result.TurnCount != 0 || result.Text?.Contains("blocked by hook", StringComparison.Ordinal) != true)
        {
            throw new CliProtocolException("A prompt that a hook should have blocked was taken.");
        }

        await connection.RequestAsync(Hooks(null), limit, cancellationToken);
    }

    private static async Task<CliResult> ResultAsync(CliConnection connection, CancellationToken cancellationToken)
    {
        await foreach (var message in connection.Messages.ReadAllAsync(cancellationToken))
        {
            switch (message)
            {
                case CliResult result:
                    return result;
                case CliMessageStart or CliDelta or CliApiRetry or CliAssistant:
                    throw new CliProtocolException("A prompt that a hook should have blocked went to the model.");
            }
        }

        throw new IOException("The CLI closed its output.");
    }

    private static JsonObject Hooks(JsonNode? hooks) => new()
    {
        ["subtype"] = "apply_flag_settings",
        ["settings"] = new JsonObject { ["hooks"] = hooks },
    };

    // Exit code 2 is how a hook blocks.
    private static JsonObject BlockEveryPrompt() => new()
    {
        ["UserPromptSubmit"] = new JsonArray(new JsonObject
        {
            ["hooks"] = new JsonArray(new JsonObject { ["type"] = "command", ["command"] = "exit 2" }),
        }),
    };
}
