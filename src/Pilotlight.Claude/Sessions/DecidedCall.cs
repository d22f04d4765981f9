using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Sessions;

/// <summary>Has a fresh process run a call that an earlier one waited with: the CLI's own way to take the answer to a question that it has forgotten.</summary>
/// <remarks>
/// The CLI (2.1.330) takes an answer to a permission that it did not ask for as one that came late, looks in its transcript of the conversation for the call without a
/// result, runs it as decided, and goes on with the turn. It keeps no transcript here, so the one message that it looks for is written where it looks; what was said
/// before, it was told by replay. A call that it does not find it leaves alone: nothing runs, and the turn fails.
/// </remarks>
internal sealed class DecidedCall(CliConnection connection, ClaudeOptions options, TimeProvider time)
{
    // The name of a folder: all that is no letter or digit of a path becomes a dash.
    private const int LongestName = 200;

    /// <summary>Hands the decision over; false when the CLI did not take it up, and then nothing has run.</summary>
    /// <param name="call">The call, and the message that it is in.</param>
    /// <param name="decision">The decision about it.</param>
    /// <param name="configuration">The CLI's configuration folder.</param>
    /// <param name="workingDirectory">The folder that it works in.</param>
    /// <param name="session">Its name for the conversation.</param>
    /// <param name="cancellationToken">Ends the wait; the decision may have been handed over.</param>
    public async Task<bool> RunAsync(
        (HistoryMessage Message, HistoryToolCall Call) call, ToolDecision decision, string configuration, string workingDirectory, string session, CancellationToken cancellationToken)
    {
        var file = TranscriptOf(configuration, workingDirectory, session);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.AppendAllTextAsync(file, Line(call.Message, workingDirectory, session), new UTF8Encoding(false), cancellationToken);
        try
        {
            var answer = ToolPermissions.ToJson(decision, call.Call.Input);
            answer["toolUseID"] = call.Call.ToolUseId;
            await connection.WriteAsync(writer => CliLines.ControlResponse(writer, "late-" + call.Call.ToolUseId, answer, null), CancellationToken.None);

            // It tells the message before it runs the call.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(options.ControlTimeout);
            while (true)
            {
                if (await connection.Messages.ReadAsync(limit.Token) is CliAssistant told && told.ToolUses.Any(use => use.Id == call.Call.ToolUseId))
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            File.Delete(file);
        }
    }

    internal static string TranscriptOf(string configuration, string workingDirectory, string session)
    {
        var name = string.Concat(workingDirectory.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        return Path.Combine(configuration, "projects", name.Length > LongestName ? name[..LongestName] : name, session + ".jsonl");
    }

    private string Line(HistoryMessage message, string workingDirectory, string session) => new JsonObject
    {
        ["parentUuid"] = null,
        ["isSidechain"] = false,
        ["type"] = "assistant",
        ["message"] = new JsonObject
        {
            ["id"] = "msg_" + Guid.NewGuid().ToString("N"),
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = options.Model,
            ["content"] = AssistantContentJson.From(message),
            ["stop_reason"] = "tool_use",
            ["usage"] = new JsonObject { ["input_tokens"] = 0, ["output_tokens"] = 0 },
        },
        ["uuid"] = Guid.NewGuid().ToString(),
        ["timestamp"] = time.GetUtcNow().ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        ["userType"] = "external",
        ["cwd"] = workingDirectory,
        ["sessionId"] = session,
    }.ToJsonString(JsonSerializerOptions.Web) + "\n";
}
