using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>What reaches the CLI's process.</summary>
public sealed class EnvironmentTests
{
    private static readonly string[] Allowed =
    [
        "HOME", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "CLAUDE_CODE_MAX_RETRIES", "DISABLE_AUTOUPDATER",
        "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "BUN_IDLE_GC_SECONDS", "ENABLE_TOOL_SEARCH", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_UNIX_SOCKET", "CLAUDE_CODE_GATEWAY_HINT_HEADERS",
        "CLAUDE_CODE_ATTRIBUTION_HEADER",
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy",
        "no_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "PILOTLIGHT_TEST_PASSED",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_the_hosts_environment_reaches_the_cli_but_what_is_allowed()
    {
        string[] canaries =
        [
            "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_OAUTH_TOKEN", "DATABASE_URL",
            "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_MODEL", "NODE_OPTIONS", "BASH_ENV", "LD_PRELOAD_CANARY", "XDG_CONFIG_HOME", "USER_CANARY",
        ];
        foreach (var name in canaries)
        {
            Environment.SetEnvironmentVariable(name, "canary-" + name);
        }

        Environment.SetEnvironmentVariable("PILOTLIGHT_TEST_PASSED", "passed");
        await using var host = await WithProxyAsync(() => ClaudeHost.StartAsync(claude =>
        {
            claude.PassEnvironment.Add("PILOTLIGHT_TEST_PASSED");
            var coder = new AgentProfileOptions();
            coder.Tools.Add("Bash");
            coder.AllowedTools.Add("Bash");
            claude.Profiles["coder"] = coder;
        }, ClaudeHost.OneParked));
        await host.WaitForWarmthAsync(Token);
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"env"}"""), Scenario.Answer("done"));

        var process = host.Pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;
        var environment = (await File.ReadAllTextAsync($"/proc/{process}/environ", Token)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);
        var toolsEnvironment = host.Simulator.MessageRequests[^1].Messages[^1].Content.GetRawText();

        Assert.DoesNotContain(environment, variable => variable.Contains("canary", StringComparison.Ordinal));
        Assert.DoesNotContain("canary", toolsEnvironment, StringComparison.Ordinal);
        Assert.Contains("PATH=", toolsEnvironment, StringComparison.Ordinal);
        Assert.Contains($"HOME={host.Home}", environment);
        Assert.Contains("PILOTLIGHT_TEST_PASSED=passed", environment);
        Assert.Equal([], environment.Select(variable => variable.Split('=')[0])
            .Where(name => !Allowed.Contains(name, StringComparer.Ordinal) && !name.StartsWith("PILOTLIGHT_", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_proxy_with_a_password_is_withheld_and_said_unless_it_is_named()
    {
        var (withheld, plain, named) = await WithProxyAsync(async () =>
        {
            await using var host = await ClaudeHost.StartAsync(pool: pool => pool.MinIdle = 0);
            await using var naming = await ClaudeHost.StartAsync(claude => claude.PassEnvironment.Add("HTTPS_PROXY"), pool => pool.MinIdle = 0);
            var home = host.Services.GetRequiredService<ClaudeHome>();
            return (home.WithheldProxies, home.CreateEnvironment(), naming.Services.GetRequiredService<ClaudeHome>().CreateEnvironment());
        });

        Assert.Equal(["HTTPS_PROXY"], withheld);
        Assert.False(plain.ContainsKey("HTTPS_PROXY"));
        Assert.Contains("canary", named["HTTPS_PROXY"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_source_of_the_credentials_is_said_and_the_credentials_are_not()
    {
        await using var host = await ClaudeHost.StartAsync(pool: pool => pool.MinIdle = 0);
        await using var none = await ClaudeHost.StartAsync(claude => claude.ApiKey = "", pool => pool.MinIdle = 0);

        var source = host.Services.GetRequiredService<ClaudeHome>().CredentialSource;

        Assert.Contains("API key", source, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant", source, StringComparison.Ordinal);
        Assert.Null(none.Services.GetRequiredService<ClaudeHome>().CredentialSource);
    }

    // Set for as short as can be: what else runs here would look for the proxy too.
    private static async Task<T> WithProxyAsync<T>(Func<Task<T>> act)
    {
        Environment.SetEnvironmentVariable("HTTPS_PROXY", "http://canary-user:canary-password@proxy.invalid:3128");
        try
        {
            return await act();
        }
        finally
        {
            Environment.SetEnvironmentVariable("HTTPS_PROXY", null);
        }
    }
}
