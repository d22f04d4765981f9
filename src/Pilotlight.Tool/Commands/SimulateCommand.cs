using System.CommandLine;
using Microsoft.AspNetCore.Connections;
using Pilotlight.Simulator;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight simulate</c>.</summary>
internal static class SimulateCommand
{
    private static readonly Option<int> Port = new("--port") { Description = "The port on 127.0.0.1; 0 takes a free one." };

    private static readonly Option<bool> Realistic = new("--realistic") { Description = "Speak at the pace of a real model." };

    public static Command Create()
    {
        var command = new Command("simulate", "Runs the scripted Messages API on loopback, by itself.") { Port, Realistic };
        Port.Validators.Add(result =>
        {
            var port = result.GetValueOrDefault<int>();
            if (port is < 0 or > 65535)
            {
                result.AddError($"--port is {port}; it must be from 0 to 65535.");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(Port), parsed.GetValue(Realistic), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int port, bool realistic, CancellationToken cancellationToken)
    {
        var options = realistic ? SimulatorOptions.Realistic : new SimulatorOptions();
        options.Port = port;
        try
        {
            await using var simulator = await SimulatorServer.StartAsync(options, cancellationToken);
            Console.WriteLine($"The simulated model answers at {simulator.BaseAddress.ToString().TrimEnd('/')}");
            Console.WriteLine("Point a client at it with ANTHROPIC_BASE_URL and any ANTHROPIC_API_KEY. Ctrl+C stops.");
            await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            return 0;
        }
        catch (IOException fault) when (fault.InnerException is AddressInUseException)
        {
            Console.Error.WriteLine($"Port {port} is in use. Stop what listens there, or choose another with --port.");
            return 1;
        }
    }
}
