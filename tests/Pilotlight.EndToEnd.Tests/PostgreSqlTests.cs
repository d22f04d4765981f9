using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The product on PostgreSQL.</summary>
public sealed class PostgreSqlTests : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-e2e-pg-");
    private PostgreSqlCluster _cluster = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await PostgreSqlCluster.StartAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_a_kill_and_the_thread_goes_on()
    {
        string[] settings =
        [
            "--simulate", "--Pilotlight:Storage:Provider=PostgreSql", $"--Pilotlight:Storage:ConnectionString={await _cluster.CreateDatabaseAsync(Token)}",
        ];
        string thread, turn = "";
        var seen = new List<ClientEvent>();
        await using (var gateway = await GatewayProcess.StartAsync(_data.FullName, Token, null, settings))
        {
            thread = await gateway.CreateThreadAsync(Token);
            await gateway.TurnAsync(thread, "the first question", Token).ToListAsync(Token);
            try
            {
                await foreach (var item in gateway.TurnAsync(thread, "[[sim words=200 rate=40]]", Token))
                {
                    turn = item.Type == "turn.started" ? item.Data.GetProperty("turnId").GetString()! : turn;
                    seen.Add(item);
                    if (seen.Count == 6)
                    {
                        await gateway.KillAsync();
                    }
                }
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                // Its server is gone.
            }
        }

        await using var next = await GatewayProcess.StartAsync(_data.FullName, Token, null, settings);
        var replay = await next.JoinAsync(thread, turn, 0, Token).ToListAsync(Token);
        Assert.Equal(seen.Select(item => (item.Id, item.Data.GetRawText())), replay.Take(seen.Count).Select(item => (item.Id, item.Data.GetRawText())));
        Assert.Equal("turn.failed", replay[^1].Type);
        var messages = (await next.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(["complete", "complete", "complete", "interrupted"], messages.Select(message => message.GetProperty("status").GetString()));

        var goesOn = await next.TurnAsync(thread, "go on", Token).ToListAsync(Token);
        Assert.Equal("turn.completed", goesOn[^1].Type);
    }
}
