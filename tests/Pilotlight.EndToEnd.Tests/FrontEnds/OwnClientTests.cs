using System.Diagnostics;
using System.Runtime.InteropServices;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.FrontEnds;

/// <summary>The clients of the Responses API and of front ends, from npm, pinned in <c>tests/clients</c>.</summary>
public sealed class OwnClientTests : EndToEndTest
{
    private static readonly string s_folder = Path.Combine(RealCli.RepositoryRoot, "tests", "clients");

    [Theory]
    [InlineData("responses.mjs")]
    [InlineData("front-ends.mjs")]
    public async Task The_clients_own_libraries_are_served(string script)
    {
        var (simulator, gateway) = await StartAsync();
        await using var stopped = simulator;
        await using var ended = gateway;

        var (exitCode, output) = await RunAsync(
            new ProcessStartInfo("node", [script, Address(gateway.Http.BaseAddress!), Address(simulator.BaseAddress)]) { WorkingDirectory = s_folder });

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Codex_does_a_task_of_two_tools()
    {
        var (simulator, gateway) = await StartAsync();
        await using var stopped = simulator;
        await using var ended = gateway;
        var (home, work) = (Directory.CreateDirectory(Path.Combine(Data, "codex")).FullName, Directory.CreateDirectory(Path.Combine(Data, "work")).FullName);
        await File.WriteAllTextAsync(
            Path.Combine(home, "config.toml"),
            $"""
            model = "sonnet"
            model_provider = "pilotlight"
            [model_providers.pilotlight]
            name = "Pilotlight"
            base_url = "{Address(gateway.Http.BaseAddress!)}/v1"
            wire_api = "responses"
            env_key = "PILOTLIGHT_KEY"
            """,
            Token);
        simulator.Enqueue(
            Scenario.ToolUse("exec_command", """{"cmd":"echo one > one.txt"}"""),
            Scenario.ToolUse("exec_command", """{"cmd":"cat one.txt > two.txt"}"""),
            Scenario.Answer("Both files are there."));
        var start = new ProcessStartInfo(Codex(), ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "Make two files."]) { WorkingDirectory = work };
        (start.Environment["CODEX_HOME"], start.Environment["PILOTLIGHT_KEY"]) = (home, "pl_none");

        var (exitCode, output) = await RunAsync(start);

        Assert.True(exitCode == 0, output);
        Assert.Contains("Both files are there.", output, StringComparison.Ordinal);
        Assert.Equal("one\n", await File.ReadAllTextAsync(Path.Combine(work, "two.txt"), Token));
        Assert.Equal(3, simulator.MessageRequests.Count);
    }

    private static string Address(Uri address) => address.ToString().TrimEnd('/');

    private static string Codex()
    {
        var (platform, triple) = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? ("linux-arm64", "aarch64") : ("linux-x64", "x86_64");
        return Path.Combine(s_folder, "node_modules", "@openai", $"codex-{platform}", "vendor", $"{triple}-unknown-linux-musl", "bin", "codex");
    }

    private async Task<(SimulatorServer Simulator, GatewayProcess Gateway)> StartAsync()
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(s_folder, "node_modules")), "The clients are not installed: run 'npm ci --ignore-scripts' in tests/clients, as test.sh does.");
        var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        return (simulator, await GatewayProcess.StartAsync(
            Path.Combine(Data, "gateway"), Token,
            new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-not-a-real-key", ["ANTHROPIC_BASE_URL"] = Address(simulator.BaseAddress) }, "--Pilotlight:Wire:Direct=Auto"));
    }

    private async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
            await process.WaitForExitAsync(Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
