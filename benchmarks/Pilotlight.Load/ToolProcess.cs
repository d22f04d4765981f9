using System.Diagnostics;
using System.Globalization;

namespace Pilotlight.Load;

/// <summary>A command of the tool as a process of its own, in an environment of its own.</summary>
internal sealed class ToolProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ToolProcess(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it said that it listens.</summary>
    public Uri Address { get; }

    public int Id => _process.Id;

    /// <summary>Starts the simulated model.</summary>
    public static Task<ToolProcess> SimulateAsync(bool realistic, CancellationToken cancellationToken) =>
        StartAsync(realistic ? ["simulate", "--realistic"] : ["simulate"], new Dictionary<string, string>(), cancellationToken);

    /// <summary>Starts a gateway that asks it.</summary>
    public static Task<ToolProcess> ServeAsync(string cli, Uri model, string data, IEnumerable<string> settings, CancellationToken cancellationToken) => StartAsync(
        ["serve", "--urls", "http://127.0.0.1:0", "--data", data, .. settings],
        new Dictionary<string, string>
        {
            ["Pilotlight__Claude__Path"] = cli,
            ["ANTHROPIC_BASE_URL"] = model.ToString().TrimEnd('/'),
            ["ANTHROPIC_API_KEY"] = "simulated",
        },
        cancellationToken);

    /// <summary>Asks it to stop, and waits.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("/bin/kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static async Task<ToolProcess> StartAsync(string[] arguments, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "pilotlight.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = Path.GetTempPath();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text && text.IndexOf("http://127.0.0.1", StringComparison.Ordinal) is >= 0 and var at && text.Contains(" at ", StringComparison.Ordinal))
            {
                listening.TrySetResult(new Uri(text[at..].Trim()));
            }
        };
        process.ErrorDataReceived += (_, line) => _ = line.Data is { Length: > 0 } text && listening.TrySetException(new InvalidOperationException(text));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ToolProcess(process, await listening.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken));
    }
}
