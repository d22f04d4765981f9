using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>A machine without a CLI: <c>pilotlight setup</c>, and the commands that need one.</summary>
public sealed class SetupTests : EndToEndTest
{
    private const string LineOfNoCli = "The Claude Code CLI was not found";

    private string CliFolder => Path.Combine(Data, "cli");

    [Fact]
    public async Task A_simulated_gateway_fetches_the_pinned_cli_by_itself_and_all_commands_find_it()
    {
        var machine = Machine();
        await using (var gateway = await GatewayProcess.StartAsync(Data, Token, machine, "--simulate"))
        {
            Assert.Contains("Fetching Claude Code", gateway.Output, StringComparison.Ordinal);
            var events = await gateway.TurnAsync(await gateway.CreateThreadAsync(Token), "hi", Token).ToListAsync(Token);
            Assert.Equal("turn.completed", events[^1].Type);
        }

        // From here on no npm is needed.
        machine["PATH"] = Path.Combine(Data, "nothing");
        var setup = await GatewayProcess.RunAsync(["setup", "--data", Data], Token, machine);
        var doctor = await GatewayProcess.RunAsync(["doctor", "--data", Data], Token, machine);

        Assert.Equal((0, ""), (setup.ExitCode, setup.Error));
        Assert.StartsWith(CliFolder, setup.Output, StringComparison.Ordinal);
        Assert.Contains($"ok  cli: {setup.Output.Trim()}", doctor.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(CliFolder));
    }

    [Fact]
    public async Task What_differs_from_its_hash_is_not_installed()
    {
        await using var registry = await StartRegistryAsync();
        var machine = Machine();
        machine["npm_config_registry"] = registry.Urls.Single();
        machine["npm_config_cache"] = Path.Combine(Data, "npm");

        var (exitCode, output, error) = await GatewayProcess.RunAsync(["setup", "--yes", "--data", Data], Token, machine);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("its hash differs. Nothing was installed.", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(CliFolder));
    }

    [Fact]
    public async Task Without_a_network_it_says_what_could_not_be_reached()
    {
        var machine = Machine();
        machine["npm_config_registry"] = "http://127.0.0.1:9";
        machine["npm_config_cache"] = Path.Combine(Data, "npm");

        var (exitCode, _, error) = await GatewayProcess.RunAsync(["setup", "--data", Data], Token, machine);

        Assert.Equal(1, exitCode);
        Assert.Contains("npm could not reach its registry (ECONNREFUSED)", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(CliFolder));
    }

    [Fact]
    public async Task Without_npm_it_says_where_to_get_it()
    {
        var machine = Machine();
        machine["PATH"] = Data;

        var (exitCode, _, error) = await GatewayProcess.RunAsync(["chat", "--simulate", "--data", Data, "hi"], Token, machine);

        Assert.Equal(1, exitCode);
        Assert.Contains("Install Node.js with npm", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(Data, "file");
        await File.WriteAllTextAsync(file, "", Token);

        var (exitCode, _, error) = await GatewayProcess.RunAsync(["setup", "--data", Path.Combine(file, "data")], Token, Machine());

        Assert.Equal(1, exitCode);
        Assert.Contains($"cannot be installed into '{Path.Combine(file, "data", "cli")}'", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_without_a_cli_and_without_leave_to_fetch_one_starts_and_names_the_command()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, Machine());

        await gateway.WaitForOutputAsync("Or run 'pilotlight setup', which fetches the pinned one.", Token);

        Assert.Contains(LineOfNoCli, gateway.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(CliFolder));
    }

    [Fact]
    public async Task Wrong_settings_stop_the_start_before_anything_is_fetched()
    {
        var machine = Machine();
        machine["Pilotlight__Pool__Size"] = "many";

        var (exitCode, _, error) = await GatewayProcess.RunAsync(["serve", "--simulate", "--data", Data], Token, machine);

        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("Fetching", error, StringComparison.Ordinal);
    }

    // Programs but no CLI; the files that npm has fetched before are at hand, so that the network need not bring them again.
    private static Dictionary<string, string> Machine() => new()
    {
        ["Pilotlight__Claude__Path"] = "",
        ["PATH"] = string.Join(':', Environment.GetEnvironmentVariable("PATH")!.Split(':').Where(folder => !File.Exists(Path.Combine(folder, "claude")))),
        ["npm_config_cache"] = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".npm"),
        ["npm_config_fetch_retries"] = "0",
    };

    // Answers for every package with the same few bytes.
    private async Task<WebApplication> StartRegistryAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/file.tgz", () => Results.Bytes("not the CLI"u8.ToArray()));
        app.MapGet("/{**package}", (string package, HttpContext http) => Results.Json(new
        {
            name = Uri.UnescapeDataString(package),
            versions = new Dictionary<string, object>
            {
                [PinnedVersion] = new { name = Uri.UnescapeDataString(package), version = PinnedVersion, dist = new { tarball = $"http://{http.Request.Host}/file.tgz" } },
            },
        }));
        await app.StartAsync(Token);
        return app;
    }

    private static string PinnedVersion
    {
        get
        {
            using var package = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(RealCli.RepositoryRoot, "eng", "claude-cli", "package.json")));
            return package.RootElement.GetProperty("dependencies").GetProperty("@anthropic-ai/claude-code").GetString()!;
        }
    }
}
