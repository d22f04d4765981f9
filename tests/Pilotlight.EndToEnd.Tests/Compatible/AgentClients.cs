using System.Diagnostics;
using System.Runtime.InteropServices;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>Agents that people run on their own machines, pointed at a gateway: each is given a task of two tools.</summary>
internal static class AgentClients
{
    /// <summary>Where the clients from npm are installed.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "clients");

    /// <summary>What the CLI's own names of a caller's functions begin with.</summary>
    public const string CliPrefix = "mcp__functions__";

    /// <summary>What both agents say when their two files are there.</summary>
    public const string Done = "Both files are there.";

    /// <summary>Skips the test where the clients are not installed.</summary>
    public static void Require() => Assert.SkipUnless(
        Directory.Exists(Path.Combine(Folder, "node_modules")), "The clients are not installed: run 'npm ci --ignore-scripts' in tests/clients, as test.sh does.");

    /// <summary>Codex makes two files in <paramref name="folder"/>; what it said.</summary>
    public static async Task<string> RunCodexAsync(SimulatorServer simulator, Uri gateway, string key, string folder, CancellationToken cancellationToken, string prefix = "")
    {
        Script(simulator, prefix + "exec_command", "cmd");
        var (home, work) = (Directory.CreateDirectory(Path.Combine(folder, "home")).FullName, Directory.CreateDirectory(Path.Combine(folder, "work")).FullName);
        await File.WriteAllTextAsync(
            Path.Combine(home, "config.toml"),
            $"""
            model = "sonnet"
            model_provider = "pilotlight"
            [model_providers.pilotlight]
            name = "Pilotlight"
            base_url = "{Address(gateway)}/v1"
            wire_api = "responses"
            env_key = "PILOTLIGHT_KEY"
            """,
            cancellationToken);
        var start = new ProcessStartInfo(Codex(), ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "Make two files."]) { WorkingDirectory = work };
        (start.Environment["CODEX_HOME"], start.Environment["PILOTLIGHT_KEY"]) = (home, key);
        return await RunAsync(start, work, cancellationToken);
    }

    /// <summary>Claude Code itself, with all that it sends when it is a user's own, makes two files in <paramref name="folder"/>; what it said.</summary>
    public static async Task<string> RunClaudeCodeAsync(SimulatorServer simulator, Uri gateway, string key, string folder, CancellationToken cancellationToken, string prefix = "")
    {
        Script(simulator, prefix + "Bash", "command");
        var (home, work) = (Directory.CreateDirectory(Path.Combine(folder, "home")).FullName, Directory.CreateDirectory(Path.Combine(folder, "work")).FullName);
        var start = new ProcessStartInfo(RealCli.Path, ["-p", "Make two files.", "--model", "sonnet", "--allowedTools", "Bash", "--output-format", "json"]) { WorkingDirectory = work };
        start.Environment.Clear();
        foreach (var (name, value) in new (string, string?)[]
        {
            ("PATH", Environment.GetEnvironmentVariable("PATH")), ("HOME", home), ("CLAUDE_CONFIG_DIR", Path.Combine(home, ".claude")), ("TMPDIR", folder),
            ("ANTHROPIC_BASE_URL", Address(gateway)), ("ANTHROPIC_AUTH_TOKEN", key), ("CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY", "1"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"), ("DISABLE_AUTOUPDATER", "1"),
        })
        {
            start.Environment[name] = value;
        }

        return await RunAsync(start, work, cancellationToken);
    }

    // By what a request brings, not by its order: agents ask small things beside their task.
    private static void Script(SimulatorServer simulator, string tool, string argument)
    {
        simulator.When(request => Knows(request) && Results(request) == 0, Scenario.ToolUse(tool, $$"""{"{{argument}}":"echo one > one.txt","description":"Writes a file"}"""));
        simulator.When(request => Knows(request) && Results(request) == 1, Scenario.ToolUse(tool, $$"""{"{{argument}}":"cat one.txt > two.txt","description":"Copies it"}"""));
        simulator.When(request => Knows(request) && Results(request) == 2, Scenario.Answer(Done));

        bool Knows(RecordedRequest request) => request.Tools.Contains(tool);

        static int Results(RecordedRequest request) => request.AllMessages
            .Where(message => message.Content.ValueKind == System.Text.Json.JsonValueKind.Array)
            .Sum(message => message.Content.EnumerateArray().Count(block => block.GetProperty("type").GetString() == "tool_result"));
    }

    private static async Task<string> RunAsync(ProcessStartInfo start, string work, CancellationToken cancellationToken)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            var said = await output + await errors;
            return process.ExitCode == 0 && said.Contains(Done, StringComparison.Ordinal) && File.Exists(Path.Combine(work, "two.txt"))
                ? said
                : throw new InvalidOperationException($"It ended with {process.ExitCode}, its files are [{string.Join(", ", Directory.GetFiles(work))}], and it said: {said}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Address(Uri address) => address.ToString().TrimEnd('/');

    private static string Codex()
    {
        var (platform, triple) = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? ("linux-arm64", "aarch64") : ("linux-x64", "x86_64");
        return Path.Combine(Folder, "node_modules", "@openai", $"codex-{platform}", "vendor", $"{triple}-unknown-linux-musl", "bin", "codex");
    }
}
