using System.CommandLine;
using Pilotlight.Client;
using Pilotlight.Client.Problems;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Commands;

/// <summary>Commands that ask a gateway which runs already.</summary>
internal static class RunningGateway
{
    /// <summary>Gives the command its options and its action.</summary>
    public static Command WithGateway(this Command command, Func<ParseResult, PilotlightClient, CancellationToken, Task> run)
    {
        command.Add(CommonOptions.Gateway);
        command.Add(CommonOptions.Data);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                using var client = Gateways.Open(Find(parsed));
                await run(parsed, client, cancellationToken);
                return 0;
            }
            catch (PilotlightException refused)
            {
                Console.Error.WriteLine(Gateways.Explain(refused));
                return 1;
            }
            catch (Exception fault) when (fault is StartException or ArgumentException)
            {
                Console.Error.WriteLine(fault.Message);
                return 1;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return 0;
            }
        });
        return command;
    }

    private static Uri Find(ParseResult parsed)
    {
        if (parsed.GetValue(CommonOptions.Gateway) is { } named)
        {
            return new Uri(named, UriKind.RelativeOrAbsolute);
        }

        var data = parsed.GetValue(CommonOptions.Data)!;
        return DataFolder.FindServer(data)
            ?? throw new StartException($"No gateway serves the data folder '{data}'. Start one with 'pilotlight serve', or name one with --gateway http://HOST:PORT.");
    }
}
