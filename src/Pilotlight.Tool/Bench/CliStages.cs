using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Tool.Bench;

/// <summary>Turns of one process, spoken to over its pipes without any of ours in between: what the CLI itself takes, and for what.</summary>
internal sealed class CliStages : IAsyncDisposable
{
    private readonly BenchRig _rig;
    private readonly Process _process;
    private readonly CliConnection _connection;

    private CliStages(BenchRig rig, Process process)
    {
        (_rig, _process) = (rig, process);
        _connection = new CliConnection(
            PipeReader.Create(process.StandardOutput.BaseStream), PipeWriter.Create(process.StandardInput.BaseStream), TimeProvider.System);
    }

    /// <summary>Starts it, and runs the first turn, which costs more than later ones.</summary>
    public static async Task<CliStages> StartAsync(BenchRig rig, CancellationToken cancellationToken)
    {
        var stages = new CliStages(rig, rig.Probe.Launch());
        await stages._connection.RequestAsync(new JsonObject { ["subtype"] = "initialize" }, TimeSpan.FromSeconds(60), cancellationToken);
        await stages.TurnAsync(cancellationToken);
        return stages;
    }

    /// <summary>The moments of a turn, in milliseconds since its prompt was written.</summary>
    public async Task<IReadOnlyList<double>> TurnAsync(CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        var askedAt = TimeProvider.System.GetUtcNow();
        await _connection.WriteAsync(writer => CliLines.User(writer, JsonValue.Create(Benchmark.Question)!), cancellationToken);
        var (began, message, text) = (0.0, 0.0, 0.0);
        while (true)
        {
            var next = await _connection.Messages.ReadAsync(cancellationToken);
            var now = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            switch (next)
            {
                case CliInit:
                    began = now;
                    break;
                case CliMessageStart:
                    message = now;
                    break;
                case CliDelta when text == 0:
                    text = now;
                    break;
                case CliResult:
                    return [began, (_rig.Pooled.Simulator!.MessageRequests[^1].At - askedAt).TotalMilliseconds, message, text];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _connection.DisposeAsync();
        _process.Dispose();
    }
}
