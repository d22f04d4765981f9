using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The commands as a person or a script calls them: output and exit codes.</summary>
public sealed class CommandTests : EndToEndTest
{
    [Theory]
    [InlineData("serve", "--nonsense")]
    [InlineData("nonsense")]
    [InlineData("bench", "--runs", "0")]
    [InlineData("simulate", "--port", "99999")]
    public async Task Wrong_usage_is_exit_code_two(params string[] arguments)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(arguments, Token);

        Assert.Equal(2, exitCode);
        Assert.Contains(arguments[^1], error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_settings_are_all_named_at_once()
    {
        var environment = new Dictionary<string, string>
        {
            ["Pilotlight__Pool__Size"] = "many",
            ["Pilotlight__Pool__MaxProcesses"] = "0",
            ["Pilotlight__Claude__Modell"] = "sonnet",
            ["Pilotlight__Nonsense__A"] = "1",
        };

        var (exitCode, _, error) = await GatewayProcess.RunAsync(["serve", "--data", Data], Token, environment);

        Assert.Equal(1, exitCode);
        Assert.Contains("Pilotlight:Pool:Size is 'many', which is not a whole number", error, StringComparison.Ordinal);
        Assert.Contains("MaxProcesses", error, StringComparison.Ordinal);
        Assert.Contains("Pilotlight:Claude:Modell is not a setting", error, StringComparison.Ordinal);
        Assert.Contains("Pilotlight:Nonsense is not a section", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_port_is_one_clear_message()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        var (exitCode, _, error) = await GatewayProcess.RunAsync(["serve", "--simulate", "--urls", url, "--data", Data], Token);

        Assert.Equal(1, exitCode);
        Assert.Contains($"the address {url} is in use", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_comes_while_the_cli_is_still_being_asked_for_its_version_is_in_order()
    {
        var cli = Path.Combine(Data, "slow-cli");
        await File.WriteAllTextAsync(cli, "#!/bin/sh\nexec sleep 100\n", Token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(cli, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        await using var gateway = await GatewayProcess.StartAsync(Path.Combine(Data, "data"), Token, new Dictionary<string, string> { ["Pilotlight__Claude__Path"] = cli }, "--simulate");

        Assert.Equal(0, await gateway.StopAsync(Token));
        Assert.Empty(MarkedProcesses.OwnedBy(gateway.Id));
    }

    [Fact]
    public async Task A_start_that_fails_when_processes_are_parked_already_leaves_none_behind()
    {
        // Kestrel's own section is opened last of all, when the pool has begun to start its processes.
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var late = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        var (exitCode, output, error) = await GatewayProcess.RunAsync(
            ["serve", "--simulate", "--urls", "http://127.0.0.1:0", "--data", Data], Token, new Dictionary<string, string> { ["Kestrel__Endpoints__Late__Url"] = late });

        Assert.Equal(1, exitCode);
        Assert.Contains("in use", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Empty(MarkedProcesses.Naming(Data));
        var temporary = new DirectoryInfo(Path.Combine(Data, "claude-simulated", "tmp"));
        Assert.True(temporary.Exists, "No process had begun to start: " + output + error);
        Assert.Empty(temporary.EnumerateFileSystemInfos());

        // The folder is free again, with nothing to be put right.
        await using var next = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", GatewayProcess.OneParked);
        await next.WaitForWarmthAsync(Token);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_is_one_clear_message()
    {
        var file = Path.Combine(Data, "file");
        await File.WriteAllTextAsync(file, "", Token);

        var (exitCode, _, error) = await GatewayProcess.RunAsync(["serve", "--simulate", "--urls", "http://127.0.0.1:0", "--data", Path.Combine(file, "data")], Token);

        Assert.Equal(1, exitCode);
        Assert.Contains("cannot be written", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_others_can_reach_is_refused_without_keys()
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(["serve", "--simulate", "--urls", "http://0.0.0.0:0", "--data", Data], Token);

        Assert.Equal(1, exitCode);
        Assert.Contains("http://0.0.0.0:0", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_is_one_gateways_at_a_time_and_chat_joins_it()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");

        var second = await GatewayProcess.RunAsync(["serve", "--simulate", "--urls", "http://127.0.0.1:0", "--data", Data], Token);
        var chat = await GatewayProcess.RunAsync(["chat", "--data", Data, "hello there"], Token);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("is used by the gateway at http://127.0.0.1", second.Error, StringComparison.Ordinal);
        Assert.Equal((0, "(simulated model)"), (chat.ExitCode, chat.Error.Trim()));
        Assert.Contains("simulated model", chat.Output, StringComparison.Ordinal);
        Assert.Single((await gateway.GetAsync("/api/threads", Token)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Chat_with_a_prompt_answers_once_to_stdout()
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["chat", "--simulate", "--data", Data, "hello there"], Token);

        Assert.Equal((0, "(simulated model)"), (exitCode, error.Trim()));
        Assert.StartsWith("This is the simulated model. You said: “hello there”.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_prints_one_json_document_and_says_what_to_do()
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["doctor", "--json", "--data", Data], Token);

        using var document = JsonDocument.Parse(output);
        Assert.Equal((1, ""), (exitCode, error));
        var findings = document.RootElement.GetProperty("findings").EnumerateArray().ToDictionary(finding => finding.GetProperty("name").GetString()!);
        Assert.Contains("2.1.", findings["version"].GetProperty("value").GetString(), StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:9", findings["upstream anthropic"].GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Contains("ANTHROPIC_API_KEY", findings["credentials"].GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }
}
