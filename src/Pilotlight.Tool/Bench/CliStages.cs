using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Tool.Bench;

/// <summary>Later turns of one process, spoken to over its pipes without any of ours in between: what the CLI itself takes, and for what.</summary>
internal static class CliStages
{
    public static async Task RunAsync(BenchRig rig, StageReport report, int runs, CancellationToken cancellationToken)
    {
        using var process = rig.Probe.Launch();
        await using var connection = new CliConnection(
            PipeReader.Create(process.StandardOutput.BaseStream), PipeWriter.Create(process.StandardInput.BaseStream), TimeProvider.System);
        await connection.RequestAsync(new JsonObject { ["subtype"] = "initialize" }, TimeSpan.FromSeconds(60), cancellationToken);
        await TurnAsync(rig, connection, cancellationToken);
        await rig.ReadyAsync(cancellationToken);
        for (var run = 0; run <= runs; run++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancellationToken);
            var moments = await TurnAsync(rig, connection, cancellationToken);
            if (run > 0)
            {
                report.Add(moments);
            }
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<double>> TurnAsync(BenchRig rig, CliConnection connection, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        var askedAt = TimeProvider.System.GetUtcNow();
        await connection.WriteAsync(writer => CliLines.User(writer, JsonValue.Create(Benchmark.Question)!), cancellationToken);
        var (began, message, text) = (0.0, 0.0, 0.0);
        while (true)
        {
            var next = await connection.Messages.ReadAsync(cancellationToken);
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
                    return [began, (rig.Pooled.Simulator!.MessageRequests[^1].At - askedAt).TotalMilliseconds, message, text];
            }
        }
    }
}
