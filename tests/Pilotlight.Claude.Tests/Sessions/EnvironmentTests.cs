using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>What reaches the CLI's process.</summary>
public sealed class EnvironmentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_the_hosts_environment_reaches_the_cli_but_what_is_allowed()
    {
        string[] canaries = ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "DATABASE_URL", "ANTHROPIC_AUTH_TOKEN"];
        foreach (var name in canaries)
        {
            Environment.SetEnvironmentVariable(name, "canary-" + name);
        }

        await using var host = await ClaudeHost.StartAsync(claude => claude.PassEnvironment.Add("PILOTLIGHT_TEST_PASSED"));
        await host.WaitForWarmthAsync(Token);

        var process = host.Pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;
        var environment = await File.ReadAllTextAsync($"/proc/{process}/environ", Token);

        Assert.DoesNotContain("canary-", environment, StringComparison.Ordinal);
        Assert.Contains($"HOME={host.Home}", environment, StringComparison.Ordinal);
    }
}
