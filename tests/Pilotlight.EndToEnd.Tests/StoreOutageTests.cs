using System.Net;
using System.Net.Http.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The database goes away and comes back: no thread stays busy, and what was used is booked once.</summary>
public sealed class StoreOutageTests : EndToEndTest
{
    [Fact]
    public async Task A_turn_that_ended_while_the_store_was_away_is_stored_told_and_booked_once_and_its_thread_is_free()
    {
        await using var cluster = await PostgreSqlCluster.StartAsync(Token);
        await using var gateway = await StartAsync(await cluster.CreateDatabaseAsync(Token), "one");
        var thread = await gateway.CreateThreadAsync(Token);
        var (ends, turn, isAway) = (new List<string>(), "", false);

        await foreach (var item in gateway.TurnAsync(thread, "[[sim words=30 rate=40]]", Token))
        {
            turn = item.Type == "turn.started" ? item.Data.GetProperty("turnId").GetString()! : turn;
            if (item.Type == "text.delta" && !isAway)
            {
                isAway = true;
                await cluster.StopAsync(isCrash: false);
                await gateway.WaitForOutputAsync($"The end of turn {turn} could not be stored", Token);
                using (var refused = await gateway.Http.PostAsJsonAsync("/api/threads", new { }, Token))
                {
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
                }

                await cluster.RestartAsync(Token);
            }

            if (item.IsEnd)
            {
                ends.Add(item.Type);
            }
        }

        Assert.Equal(["turn.completed"], ends);
        Assert.Equal("turn.completed", (await gateway.JoinAsync(thread, turn, 0, Token).ToListAsync(Token))[^1].Type);
        Assert.Equal(1, (await gateway.GetAsync("/api/usage", Token)).GetProperty("total").GetProperty("turns").GetInt32());
        Assert.Equal("turn.completed", (await gateway.TurnAsync(thread, "go on", Token).ToListAsync(Token))[^1].Type);
    }

    [Fact]
    public async Task A_turn_is_followed_and_cancelled_through_another_server()
    {
        await using var cluster = await PostgreSqlCluster.StartAsync(Token);
        var database = await cluster.CreateDatabaseAsync(Token);
        await using var one = await StartAsync(database, "one");
        await using var other = await StartAsync(database, "other");
        var thread = await one.CreateThreadAsync(Token);
        var started = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = TellAsync();
        var turn = await started.Task.WaitAsync(Token);

        var followed = new List<ClientEvent>();
        await foreach (var item in other.JoinAsync(thread, turn, 0, Token))
        {
            followed.Add(item);
            if (item.Type == "text.delta" && followed.Count(one => one.Type == "text.delta") == 1)
            {
                using var cancelled = await other.Http.PostAsync($"/api/threads/{thread}/turns/{turn}/cancel", null, Token);
                Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
            }
        }

        Assert.Equal("turn.cancelled", followed[^1].Type);
        var own = await told;
        Assert.Equal(own.Select(item => (item.Id, item.Type)), followed.Select(item => (item.Id, item.Type)));
        Assert.Equal("turn.completed", (await other.TurnAsync(thread, "go on", Token).ToListAsync(Token))[^1].Type);

        async Task<List<ClientEvent>> TellAsync()
        {
            var all = new List<ClientEvent>();
            await foreach (var item in one.TurnAsync(thread, "[[sim words=2000 rate=20]]", Token))
            {
                all.Add(item);
                if (item.Type == "turn.started")
                {
                    started.TrySetResult(item.Data.GetProperty("turnId").GetString()!);
                }
            }

            return all;
        }
    }

    // Two servers on one machine are two data folders.
    private Task<GatewayProcess> StartAsync(string database, string name) => GatewayProcess.StartAsync(
        Path.Combine(Data, name), Token, null,
        "--simulate", "--Pilotlight:Storage:Provider=PostgreSql", $"--Pilotlight:Storage:ConnectionString={database}");
}
