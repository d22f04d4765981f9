using System.Text.Json.Nodes;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Sessions;

/// <summary>Why a turn's messages stopped, if they did.</summary>
internal enum TurnStop
{
    None,
    Cancelled,
    Ended,
    Silent,
    AwaitsCaller,
    AwaitsApproval,
}

/// <summary>What a session's process says, with every wait for it bounded.</summary>
internal sealed class SessionOutput(CliConnection connection, ChildProcess process, ClaudeOptions options, TimeProvider time)
{
    /// <summary>Takes what was said between turns: what became of programs in the background. All else (notices, a late status) belongs to no turn.</summary>
    public IReadOnlyList<CliTask> TakeLeftovers()
    {
        var tasks = new List<CliTask>();
        while (connection.Messages.TryRead(out var message))
        {
            if (message is CliTask task)
            {
                tasks.Add(task);
            }
        }

        return tasks;
    }

    /// <summary>The next message, or why there is none.</summary>
    public async ValueTask<(CliMessage? Message, TurnStop Stop)> NextAsync(
        TurnPacing pacing, TurnReader reader, CallerCalls? callers, WaitingCalls? waiting, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task[] changes = callers is null && waiting is null ? [] : [.. new[] { callers?.Changed, waiting?.Changed }.OfType<Task>()];
            if (connection.Messages.TryRead(out var message))
            {
                return (message, TurnStop.None);
            }

            if (callers is { AllWait: true } && !reader.IsMessageOpen)
            {
                return (null, TurnStop.AwaitsCaller);
            }

            // A tool may be asked for while the message that calls it still streams.
            if (waiting?.First is not null && !reader.IsMessageOpen)
            {
                return (null, TurnStop.AwaitsApproval);
            }

            try
            {
                var reading = connection.Messages.WaitToReadAsync(cancellationToken).AsTask();
                if (changes.Length > 0 && await Task.WhenAny([reading, .. changes]).WaitAsync(pacing.NextCheck(), time, cancellationToken) != reading)
                {
                    continue;
                }

                if (!await reading.WaitAsync(pacing.NextCheck(), time, cancellationToken))
                {
                    return (null, TurnStop.Ended);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return (null, TurnStop.Cancelled);
            }
            catch (TimeoutException)
            {
                if (!await pacing.StillBusyAsync(IsAliveAsync))
                {
                    return (null, TurnStop.Silent);
                }
            }
            catch (InvalidDataException)
            {
                process.Kill();
                return (null, TurnStop.Ended);
            }
        }
    }

    // A CLI that waits for the API or a tool answers at once; one that hangs does not.
    private async Task<bool> IsAliveAsync()
    {
        try
        {
            await connection.RequestAsync(new JsonObject { ["subtype"] = "mcp_status" }, options.ControlTimeout, CancellationToken.None);
            return true;
        }
        catch (Exception fault) when (fault is TimeoutException or IOException)
        {
            return false;
        }
        catch (CliProtocolException)
        {
            return true;
        }
    }
}
