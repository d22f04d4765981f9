using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>A first turn gone through before anybody waits for it: nothing of it may be left.</summary>
public sealed class RehearsalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("haiku")]
    public async Task What_the_api_sees_of_a_rehearsed_process_is_what_it_sees_of_an_untouched_one(string? model)
    {
        var (rehearsed, rehearsedEnd) = await TwoTurnsAsync(rehearse: true, model);
        var (untouched, untouchedEnd) = await TwoTurnsAsync(rehearse: false, model);

        Assert.Equal(untouched, rehearsed);
        Assert.Equal((untouchedEnd.Text, untouchedEnd.Usage, untouchedEnd.CostUsd, untouchedEnd.Model), (rehearsedEnd.Text, rehearsedEnd.Usage, rehearsedEnd.CostUsd, rehearsedEnd.Model));
    }

    [Fact]
    public async Task A_cli_whose_hooks_do_not_block_is_not_rehearsed()
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-test-");
        var path = Path.Combine(folder.FullName, "claude");
        await File.WriteAllTextAsync(
            path,
            """
            #!/bin/sh
            while IFS= read -r line; do
              case "$line" in
                *'"control_request"'*)
                  id=$(printf '%s' "$line" | sed 's/.*"request_id":"\([^"]*\)".*/\1/')
                  printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "$id" ;;
                *) printf '{"type":"stream_event","event":{"type":"message_start","message":{"id":"m","model":"x"}}}\n' ;;
              esac
            done
            """,
            Token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }

        var profile = new ProcessProfile
        {
            Name = "fake", FileName = path, Environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! },
        };

        using var folders = new ProcessFolders(new ClaudeHome(Options.Create(new ClaudeOptions { HomeDirectory = folder.FullName })));
        var patient = new ClaudeOptions { ControlTimeout = TimeSpan.FromMinutes(2) };
        Assert.Equal(RehearsalForm.None, await new RehearsalCheck(patient, folders, null, TimeProvider.System, NullLogger.Instance)
            .FormAsync(profile).WaitAsync(TimeSpan.FromMinutes(5), Token));
        Assert.Equal(RehearsalForm.Blocked, await new RehearsalCheck(patient, folders, null, TimeProvider.System, NullLogger.Instance)
            .FormAsync(Real(folder.FullName)).WaitAsync(TimeSpan.FromMinutes(5), Token));
        folder.Delete(recursive: true);
    }

    private static async Task<(IReadOnlyList<string> Bodies, TurnCompleted End)> TwoTurnsAsync(bool rehearse, string? model)
    {
        await using var host = await ClaudeHost.StartAsync(claude => (claude.Rehearse, claude.RehearseOnWire) = (rehearse, false), ClaudeHost.OneParked);
        host.Simulator.When(_ => true, new Scenario { Text = "answer", InputTokens = 100 });
        await host.WaitForWarmthAsync(Token);
        Assert.Empty(host.Simulator.MessageRequests);

        var conversation = new Conversation { Id = "t", Model = model };
        await host.RunAsync(conversation, "one", Token);
        var second = await host.RunAsync(conversation, "two", Token);

        return ([.. host.Simulator.MessageRequests.Select(request => Body(request, host.Home))], Assert.IsType<TurnCompleted>(second[^1]));
    }

    // All but what names the session and this run's folder.
    private static string Body(RecordedRequest request, string home)
    {
        var body = JsonNode.Parse(request.Body.GetRawText())!.AsObject();
        body.Remove("metadata");
        return body.ToJsonString().Replace(home, "HOME", StringComparison.Ordinal);
    }

    private static ProcessProfile Real(string home) => new()
    {
        Name = "real",
        FileName = RealCli.Path,
        Arguments =
        [
            "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--no-session-persistence",
            "--disable-slash-commands", "--setting-sources", "", "--strict-mcp-config", "--tools", "",
        ],
        WorkingDirectory = home,
        Environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")!, ["HOME"] = home },
    };
}
