using System.CommandLine;
using Pilotlight.Tool.Cli;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight serve</c>.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> Urls = new("--urls")
    {
        Description = "Where to listen.",
        DefaultValueFactory = _ => ServeSettings.DefaultUrls,
    };

    private static readonly Option<bool> Cluster = new("--cluster")
    {
        Description = "As a node of a cluster: several gateways on one PostgreSQL database that work as one. Needs Pilotlight:Storage:Provider=PostgreSql.",
    };

    public static Command Create()
    {
        var command = new Command("serve", "Starts the gateway. Any setting can follow, as --Pilotlight:Pool:Size=4.")
        {
            Urls, CommonOptions.Data, CommonOptions.Simulate, CommonOptions.Yes, Cluster,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new ServeSettings(
                parsed.GetValue(Urls)!,
                parsed.GetValue(CommonOptions.Data)!,
                parsed.GetValue(CommonOptions.Simulate),
                parsed.UnmatchedTokens)
            {
                Cluster = parsed.GetValue(Cluster),
            },
            parsed.GetValue(CommonOptions.Yes),
            cancellationToken));
        return command;
    }

    /// <summary>What is wrong with the command line; settings are no fault of <c>serve</c>.</summary>
    public static IReadOnlyList<string> SettingsOnly(ParseResult parsed) =>
    [
        .. parsed.Errors.Select(error => error.Message),
        .. parsed.Errors.Count > 0 ? [] : parsed.UnmatchedTokens
            .Where(token => !token.StartsWith("--Pilotlight:", StringComparison.OrdinalIgnoreCase) || !token.Contains('='))
            .Select(token => $"'{token}' is neither an option nor a setting such as --Pilotlight:Pool:Size=4."),
    ];

    private static async Task<int> RunAsync(ServeSettings settings, bool mayFetch, CancellationToken cancellationToken)
    {
        try
        {
            var cli = await new CliSetup(settings.Data).EnsureAsync(settings.ReadConfiguration(), mayFetch || settings.Simulate, cancellationToken);
            await using var server = await GatewayServer.StartAsync(settings with { Cli = cli }, cancellationToken);
            server.BoundStop();
            Console.WriteLine($"Pilotlight is lit at {string.Join(", ", server.Addresses.Select(address => address.ToString().TrimEnd('/')))}");
            Console.WriteLine($"Data in {settings.Data}. Ctrl+C stops.");
            if (settings.Simulate)
            {
                Console.WriteLine("Simulated model: the CLI is real, its answers are not. No key is used and nothing is paid.");
            }

            if (await server.MissingAsync(cancellationToken) is { } missing)
            {
                Console.Error.WriteLine($"Not ready: {missing}{CliSetup.Offer(server.Cli)}");
            }

            await server.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (StartException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0; // It was asked to stop while it started, and has stopped in order.
        }
    }
}
