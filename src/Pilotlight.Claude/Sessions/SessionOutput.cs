using System.Text.Json.Nodes;
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
}

/// <summary>What a session's process says, with every wait for it bounded.</summary>
internal sealed class SessionOutput(CliConnection connection, ChildProcess process, ClaudeOptions options, TimeProvider time)
{
    /// <summary>Forgets what was said between turns (notices, a late status): it belongs to none.</summary>
    public void DropLeftovers()
    {
        while (connection.Messages.TryRead(out _))
        {
        }
    }

    /// <summary>The next message, or why there is none.</summary>
    public async ValueTask<(CliMessage? Message, TurnStop Stop)> NextAsync(
        TurnPacing pacing, TurnReader reader, CallerCalls? callers, CancellationToken cancellationToken)
    {
        while (true)
        {
            var callersChange = callers?.Changed;
            if (connection.Messages.TryRead(out var message))
            {
                return (message, TurnStop.None);
            }

            if (callers is { AllWait: true } && !reader.IsMessageOpen)
            {
                return (null, TurnStop.AwaitsCaller);
            }

            try
            {
                var reading = connection.Messages.WaitToReadAsync(cancellationToken).AsTask();
                if (callersChange is not null
                    && await Task.WhenAny(reading, callersChange).WaitAsync(pacing.NextCheck(), time, cancellationToken) == callersChange)
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
