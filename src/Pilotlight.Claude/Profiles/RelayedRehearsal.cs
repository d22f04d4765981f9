using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;
using Pilotlight.Wire.Rehearsals;

namespace Pilotlight.Claude.Profiles;

/// <summary>Lets a process go through a whole first turn, which the relay answers and takes out of all that follows.</summary>
/// <remarks>What is gained, and why it leaves no trace: docs/decisions/0014-the-whole-rehearsal.md.</remarks>
internal static class RelayedRehearsal
{
    /// <summary>Runs it; returns what the process has told of itself by then, which is no turn's.</summary>
    /// <exception cref="CliProtocolException">It did not go as expected: the process must not be used.</exception>
    /// <exception cref="TimeoutException">It took longer than <paramref name="limit"/>.</exception>
    public static async Task<CliTotals> RunAsync(
        CliConnection connection, WireRehearsal rehearsal, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var result = await AskAsync(connection, rehearsal.Prompt, limit, time, cancellationToken);
        return rehearsal is { IsAnswered: true, Fault: null } && !result.IsError
            ? CliTotals.None.After(result)
            : throw new CliProtocolException($"The rehearsal did not go as expected: {rehearsal.Fault ?? result.Text ?? "the CLI asked nothing"}.");
    }

    /// <summary>Goes through all that can begin a conversation on a rehearsed process, with the relay in the place of the API.</summary>
    /// <exception cref="CliProtocolException">Something did not go as expected.</exception>
    public static async Task TryAsync(
        CliConnection connection, WireRehearsal trial, string otherModel, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        await RunAsync(connection, trial, limit, time, cancellationToken);
        await connection.RequestAsync(new() { ["subtype"] = "set_model", ["model"] = otherModel }, limit, cancellationToken);
        trial.Open(new RehearsedOpening
        {
            SystemPrompt = "Another.",
            HasNewModel = true,
            History = [RehearsedHistory.User("One."), RehearsedHistory.Assistant("Two.")],
        });
        foreach (var question in new[] { "Three.", "Four." })
        {
            var result = await AskAsync(connection, question, limit, time, cancellationToken);
            if (trial.Fault is not null || result.IsError)
            {
                throw new CliProtocolException($"The turn after a rehearsal did not go as expected: {trial.Fault ?? result.Text}.");
            }
        }
    }

    private static async Task<CliResult> AskAsync(
        CliConnection connection, string question, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        await connection.WriteAsync(writer => CliLines.User(writer, question), cancellationToken);
        return await ResultAsync(connection, cancellationToken).WaitAsync(limit, time, cancellationToken);
    }

    private static async Task<CliResult> ResultAsync(CliConnection connection, CancellationToken cancellationToken)
    {
        await foreach (var message in connection.Messages.ReadAllAsync(cancellationToken))
        {
            if (message is CliResult result)
            {
                return result;
            }
        }

        throw new IOException("The CLI closed its output.");
    }
}
