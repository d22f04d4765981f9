using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Installation;

/// <summary>What a CLI must be able to do before anybody's text reaches it.</summary>
public sealed class CapabilityTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-test-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2.1.248 (Claude Code)")]
    [InlineData("2.1.330 (Claude Code)\n")]
    [InlineData("2.2.0")]
    [InlineData("10.0.0")]
    public void A_new_enough_version_is_taken(string version) => Assert.Null(ClaudeCapabilities.Read("/bin/claude", version, StandInCli.Help).Problem);

    [Theory]
    [InlineData("2.1.247 (Claude Code)", "2.1.247")]
    [InlineData("2.0.999", "2.0.999")]
    [InlineData("1.9.400", "1.9.400")]
    [InlineData("", "cannot be read")]
    [InlineData("Claude Code", "'Claude Code'")]
    [InlineData("2.1", "'2.1'")]
    [InlineData("99999999999.1.1", "cannot be read")]
    public void An_older_or_unknown_version_is_refused_with_what_was_found_and_what_is_needed(string version, string found)
    {
        var problem = ClaudeCapabilities.Read("/bin/claude", version, StandInCli.Help).Problem;

        Assert.All([found, "2.1.248", "npm install", "Pilotlight:Claude:Path"], part => Assert.Contains(part, problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--tools")]
    [InlineData("--strict-mcp-config")]
    [InlineData("--setting-sources")]
    [InlineData("--disable-slash-commands")]
    [InlineData("--input-format")]
    [InlineData("--output-format")]
    public void A_missing_option_is_named(string option)
    {
        // A longer name must not pass for it.
        var able = ClaudeCapabilities.Read("/bin/claude", "2.1.330", StandInCli.Help.Replace(option, option + "-of-old", StringComparison.Ordinal));

        Assert.Equal([option], able.MissingOptions);
        Assert.Contains(option, able.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_real_cli_is_fit()
    {
        var able = await AskAsync(RealCli.Path);

        Assert.Null(able.Problem);
        Assert.True(able.Version >= ClaudeCapabilities.LeastVersion);
    }

    [Fact]
    public async Task A_binary_is_asked_once_until_its_file_changes()
    {
        var path = await StandInCli.WriteAsync(_folder.FullName, "", "echo 2.1.300", StandInCli.Help, Token);
        await Task.WhenAll(AskAsync(path), AskAsync(path));
        var asked = await File.ReadAllLinesAsync(Path.Combine(_folder.FullName, "asked"), Token);

        await StandInCli.WriteAsync(_folder.FullName, "", "echo 2.1.30", StandInCli.Help, Token);
        var after = await AskAsync(path);

        Assert.Single(asked);
        Assert.Equal(new Version(2, 1, 30), after.Version);
    }

    [Fact]
    public async Task It_is_asked_without_credentials()
    {
        var path = await StandInCli.WriteAsync(_folder.FullName, "", """echo "2.1.300"; env > "$(dirname "$0")/environment" """, StandInCli.Help, Token);

        await AskAsync(path);

        var environment = await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "environment"), Token);
        Assert.Contains("CLAUDE_CONFIG_DIR=", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant-not-a-real-key", environment, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 2.1.247", StandInCli.Help, "2.1.247")]
    [InlineData("exit 1", StandInCli.Help, "2.1.248")]
    [InlineData("echo 2.1.330", "--tools", "--strict-mcp-config")]
    public async Task No_text_reaches_a_cli_that_is_not_fit(string version, string help, string told)
    {
        var path = await StandInCli.WriteAsync(
            _folder.FullName, """exec 3>>"$(dirname "$0")/heard"; tee /dev/fd/3 |""" + "\n" + StandInCli.Agreeable, version, help, Token);
        await using var host = await ClaudeHost.StartAsync(claude => (claude.Path, claude.Rehearse) = (path, false));

        var events = await host.RunAsync(new Conversation { Id = "t" }, "see @/etc/passwd", Token).WaitAsync(TimeSpan.FromMinutes(1), Token);

        var error = Assert.IsType<TurnFailed>(Assert.Single(events)).Error;
        Assert.Equal(TurnErrorKind.CliUnavailable, error.Kind);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.Contains("npm install", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("passwd", await HeardAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_an_npm_package_whose_scripts_never_ran_the_program_beside_it_is_taken()
    {
        var stub = Path.Combine(RealCli.RepositoryRoot, "eng", "claude-cli", "node_modules", ".bin", "claude");

        Assert.Equal(RealCli.Path, new ClaudeCli(Options.Create(new ClaudeOptions { Path = stub })).Find(out var problem));
        Assert.Null(problem);
    }

    [Fact]
    public async Task A_cli_that_ends_at_once_is_refused_for_its_version_all_the_same()
    {
        var path = await StandInCli.WriteAsync(_folder.FullName, "exit 1", "echo 1.0.7", StandInCli.Help, Token);
        await using var host = await ClaudeHost.StartAsync(claude => claude.Path = path);

        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token).WaitAsync(TimeSpan.FromMinutes(1), Token);

        Assert.Contains("version 1.0.7", Assert.IsType<TurnFailed>(Assert.Single(events)).Error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<string> HeardAsync() =>
        Path.Combine(_folder.FullName, "heard") is var heard && File.Exists(heard) ? await File.ReadAllTextAsync(heard, Token) : "";

    private Task<ClaudeCapabilities> AskAsync(string path) => ClaudeCapabilities.OfAsync(
        path,
        new ClaudeHome(Options.Create(new ClaudeOptions { HomeDirectory = Path.Combine(_folder.FullName, "home"), ApiKey = "sk-ant-not-a-real-key" })),
        TimeProvider.System).WaitAsync(TimeSpan.FromMinutes(1), Token);
}
