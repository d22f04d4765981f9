using System.Diagnostics;
using Pilotlight.Samples.Worker;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Samples.Tests;

/// <summary>The nightly agent, as the program that it is, on the real CLI and the simulator.</summary>
public sealed class WorkerTests : SampleTest
{
    // In its own folder: beside the tests stand other versions of what it needs.
    private static string Program { get; } = Path.Combine(
        Repository.Root, "artifacts", "bin", typeof(ReminderRound).Assembly.GetName().Name!, new DirectoryInfo(AppContext.BaseDirectory).Name, "Pilotlight.Samples.Worker.dll");

    [Fact]
    public async Task A_round_reads_by_itself_and_writes_to_people_after_a_yes_alone()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        simulator.Enqueue(
            Scenario.ToolUse("mcp__functions__list_unpaid", "{}"),
            Scenario.ToolUse("mcp__functions__send_reminder", """{"number":"2026-117","text":"Please pay."}"""),
            Scenario.ToolUse("mcp__functions__send_reminder", """{"number":"2026-121","text":"Please pay."}"""),
            Scenario.Answer("One reminder is sent."));
        using var worker = Start(simulator);
        try
        {
            await worker.StandardInput.WriteAsync("y\nn\n");
            var output = await worker.StandardOutput.ReadToEndAsync(Token);
            await worker.WaitForExitAsync(Token);

            Assert.Equal(0, worker.ExitCode);
            Assert.Contains("Reminded Lovelace & Co. of 1200 in 11 characters", output, StringComparison.Ordinal);
            Assert.DoesNotContain("Reminded Hopper", output, StringComparison.Ordinal);
            Assert.Contains("One reminder is sent.", output, StringComparison.Ordinal);
            Assert.Contains("Lovelace", simulator.MessageRequests[1].Body.GetRawText(), StringComparison.Ordinal);
            Assert.Contains("Not now.", simulator.MessageRequests[3].Body.GetRawText(), StringComparison.Ordinal);
        }
        finally
        {
            if (!worker.HasExited)
            {
                worker.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start(SimulatorServer simulator)
    {
        string[] arguments =
        [
            Program, "--once", "true", "--Claude:Path", RealCli.Path, "--Claude:ApiKey", "simulated",
            "--Claude:BaseUrl", simulator.BaseAddress.ToString().TrimEnd('/'), "--Claude:HomeDirectory", Data,
        ];
        return Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }
}
