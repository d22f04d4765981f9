using System.Net;
using System.Net.Http.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Conversations that grow beyond what is sent.</summary>
public sealed class ContextTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-context-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Above_the_soft_limit_old_turns_are_no_longer_sent_and_that_is_said()
    {
        await using var gateway = await GatewayProcess.StartAsync(_data.FullName, Token, null, "--simulate", "--Pilotlight:Limits:SoftTokens=1");
        var thread = await gateway.CreateThreadAsync(Token);

        var first = await gateway.TurnAsync(thread, "first", Token).ToListAsync(Token);
        var second = await gateway.TurnAsync(thread, "second", Token).ToListAsync(Token);

        Assert.DoesNotContain(first, item => item.Type == "context.truncated");
        Assert.Equal(["turn.started", "context.truncated"], second.Select(item => item.Type).Take(2));
        Assert.Equal(1, second[1].Data.GetProperty("droppedTurns").GetInt32());
        Assert.Equal(("turn.completed", "turn.completed"), (first[^1].Type, second[^1].Type));
        Assert.Equal(4, (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").GetArrayLength());
        Assert.Equal(1, (await gateway.GetAsync($"/api/threads/{thread}", Token)).GetProperty("droppedTurns").GetInt32());
        Assert.NotEqual("hot", second[0].Data.GetProperty("acquire").GetProperty("source").GetString());
    }

    [Fact]
    public async Task Above_the_hard_limit_a_message_is_refused_before_any_process_is_touched()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            _data.FullName, Token, null, "--simulate", "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0",
            "--Pilotlight:Limits:SoftTokens=50", "--Pilotlight:Limits:HardTokens=100");
        var thread = await gateway.CreateThreadAsync(Token);

        using var refused = await gateway.Http.PostAsJsonAsync(
            $"/api/threads/{thread}/turns", new { text = string.Concat(Enumerable.Repeat("word ", 200)) }, Token);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var problem = await refused.Content.ReadAsStringAsync(Token);
        Assert.Contains("urn:pilotlight:problem:context-too-long", problem, StringComparison.Ordinal);
        Assert.Matches("about 2[0-9]{2} tokens; at most 100", problem);
        Assert.Equal(0, (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").GetArrayLength());
        Assert.All(
            (await gateway.GetAsync("/api/pool", Token)).GetProperty("profiles").EnumerateArray(),
            profile => Assert.Equal((0, 0), (profile.GetProperty("starting").GetInt32(), profile.GetProperty("coldStarts").GetInt32())));
    }
}
