using System.CommandLine;
using Pilotlight.Tool.Cli;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight setup</c>: fetches the pinned CLI into the data folder.</summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        var command = new Command("setup", "Fetches the pinned Claude Code CLI by npm into the data folder, its hashes checked. On a terminal it asks first.")
        {
            CommonOptions.Data, CommonOptions.Yes,
        };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(CommonOptions.Data)!, parsed.GetValue(CommonOptions.Yes), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string data, bool isAgreed, CancellationToken cancellationToken)
    {
        try
        {
            var (folder, setup) = (new CliFolder(data), new CliSetup(data));
            if (folder.Find(CliLock.Pinned.Version) is { } there)
            {
                Console.WriteLine(there);
                return 0;
            }

            if (!isAgreed && !Console.IsInputRedirected && !await setup.AskAsync("", cancellationToken))
            {
                return 1;
            }

            Console.WriteLine(await setup.InstallAsync(cancellationToken));
            if (DataFolder.FindServer(data) is { } running)
            {
                Console.Error.WriteLine($"The gateway at {running} uses it after its next start.");
            }
            else
            {
                // No running gateway starts an earlier one any more.
                folder.KeepOnly(CliLock.Pinned.Version);
            }

            return 0;
        }
        catch (StartException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine("Nothing was installed.");
            return 1;
        }
    }
}
