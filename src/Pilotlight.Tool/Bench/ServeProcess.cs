using System.Diagnostics;
using System.Globalization;
using Pilotlight.Client;
using Pilotlight.Tool.Client;

namespace Pilotlight.Tool.Bench;

/// <summary>A <c>pilotlight serve</c> in a process of its own, as people run it: its first turn finds nothing that another has warmed.</summary>
internal sealed class ServeProcess : IAsyncDisposable
{
    private const string Listening = "Pilotlight is lit at ";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task _errors;

    private ServeProcess(Process process, Task errors, PilotlightClient client) => (_process, _errors, Client) = (process, errors, client);

    public PilotlightClient Client { get; }

    /// <exception cref="InvalidOperationException">It ended, or did not come to listen.</exception>
    public static async Task<ServeProcess> StartAsync(
        string data, string cli, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ServeProcess).Assembly.Location);
        }

        foreach (var argument in arguments.Prepend(data).Prepend("--data").Prepend("http://127.0.0.1:0").Prepend("--urls").Prepend("serve"))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["Pilotlight__Claude__Path"] = cli;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        try
        {
            var address = await AddressAsync(process, cancellationToken).WaitAsync(s_patience, cancellationToken);
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return new ServeProcess(process, errors, Gateways.Open(address));
        }
        catch
        {
            await EndAsync(process, errors);
            throw;
        }
    }

    /// <summary>Waits until processes are parked and nothing starts any more.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (await Client.GetPoolAsync(cancellationToken) is not { Profiles: [{ Starting: 0, Parked: > 0 } chat, ..] } || chat.Parked < chat.Target)
        {
            if (Stopwatch.GetElapsedTime(since) > s_patience)
            {
                throw new InvalidOperationException($"No process came to be parked in {s_patience.TotalMinutes:0} minutes. Run 'pilotlight doctor'.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }

        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await EndAsync(_process, _errors);
    }

    private static async Task<Uri> AddressAsync(Process process, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                return new Uri(line[Listening.Length..].Split(',')[0]);
            }
        }

        throw new InvalidOperationException("'pilotlight serve' ended before it listened. Start it by hand to see why.");
    }

    private static async Task EndAsync(Process process, Task errors)
    {
        // In order where that can be had: its processes are gone then, and its folder can be removed.
        if (!OperatingSystem.IsWindows() && !process.HasExited)
        {
            using var asking = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(s_patience);
            await process.WaitForExitAsync(limit.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        await errors.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        process.Dispose();
    }
}
