using Pilotlight.Simulator;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Tests;

/// <summary>Calls that are written to a folder and answered from it.</summary>
public sealed class RecordingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_conversation_that_was_recorded_is_answered_without_an_api()
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-recordings-");
        await using (var host = await WireHost.StartAsync((options, _) => options.Record = folder.FullName))
        {
            host.Simulator.Enqueue(new Scenario { Text = "the key is " + WireHost.Key, InputTokens = 77 }, Scenario.Answer("second answer"));
            Assert.Equal(["the key is " + WireHost.Key, "second answer"], await TalkAsync(host, null));
        }

        var written = string.Concat(Directory.GetFiles(folder.FullName).Select(File.ReadAllText));
        Assert.DoesNotContain(WireHost.Key, written, StringComparison.Ordinal);
        Assert.DoesNotContain("pl-wire-", written, StringComparison.Ordinal);

        var listener = new Listener();
        await using (var host = await WireHost.StartAsync((options, _) => options.Replay = folder.FullName, setup: given => given with { ApiKey = null }))
        {
            Assert.Equal(["the key is [removed]", "second answer"], await TalkAsync(host, listener));
            Assert.Empty(host.Simulator.Requests);
            using var unknown = await host.Relay.SendAsync(UpstreamTests.Call(), Token);
            Assert.Equal(424, unknown.Status);
        }

        Assert.Equal((77, "replay"), (listener.Ends.First().Report.Usage.InputTokens, listener.Ends.First().Report.Upstream));
        folder.Delete(recursive: true);
    }

    private static async Task<List<string>> TalkAsync(WireHost host, Listener? listener)
    {
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        using var scope = process.BeginTurn(new WireTurn { Observer = listener });
        return [CliProcess.ResultOf(await cli.TurnAsync("first", Token)), CliProcess.ResultOf(await cli.TurnAsync("second", Token))];
    }
}
