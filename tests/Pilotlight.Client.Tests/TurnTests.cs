using Pilotlight.Client.Problems;
using Pilotlight.Client.Threads;
using Pilotlight.Client.Turns;
using Pilotlight.Client.Usage;
using Pilotlight.Testing;

namespace Pilotlight.Client.Tests;

/// <summary>Threads and turns of a real gateway.</summary>
public sealed class TurnTests(SharedGateway shared) : ClientTest
{
    [Fact]
    public async Task A_thread_is_made_talked_in_read_changed_and_deleted()
    {
        using var client = ClientOf(shared.Address);
        var thread = await client.CreateThreadAsync(new NewThread("Names", SystemPrompt: "Be brief."), Token);
        await client.WarmAsync(thread.Id, Token);

        var events = await client.RunTurnAsync(thread.Id, "hello", Token).ToListAsync(Token);
        var messages = await client.ListMessagesAsync(thread.Id, Token).ToListAsync(Token);
        var changed = await client.UpdateThreadAsync(thread.Id, new ThreadChange(Title: "Other names"), Token);
        var usage = await client.GetUsageAsync(new UsageQuery(From: DateOnly.FromDateTime(thread.CreatedAt.UtcDateTime.AddDays(-1))), Token);
        var pool = await client.GetPoolAsync(Token);

        var started = Assert.IsType<TurnStarted>(events[0]);
        var completed = Assert.IsType<TurnCompleted>(events[^1]);
        Assert.True(started.Simulated);
        Assert.Equal(completed.MessageId, started.MessageId);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(id => (long)id), events.Select(turnEvent => turnEvent.Id));
        Assert.Equal(("user", "hello", "assistant", TextOf(events)), (messages[0].Role, messages[0].Text, messages[1].Role, messages[1].Text));
        Assert.Equal(completed.Usage, messages[1].Usage);
        Assert.Equal(("Other names", "Be brief."), (changed.Title, changed.SystemPrompt));
        Assert.Contains(await client.ListThreadsAsync("Other", Token).ToListAsync(Token), found => found.Id == thread.Id);
        Assert.True(usage.Total.Turns > 0);
        Assert.Contains(pool.Profiles, profile => profile.Leased > 0 && profile.State is "ready" or "warming");

        await client.DeleteThreadAsync(thread.Id, Token);
        var gone = await Assert.ThrowsAsync<PilotlightException>(() => client.GetThreadAsync(thread.Id, Token));
        Assert.Equal(("thread-not-found", 404), (gone.Problem.Kind, gone.Problem.Status));
        Assert.NotNull(gone.Problem.TraceId);
    }

    [Fact]
    public async Task A_file_is_sent_given_back_forked_and_exported()
    {
        using var client = ClientOf(shared.Address);
        var thread = await client.CreateThreadAsync(new NewThread("Files"), Token);

        await client.RunTurnAsync(thread.Id, new NewTurn("look") { Attachments = [new NewAttachment("text/plain", "a,b"u8.ToArray(), "list.csv")] }, Token).ToListAsync(Token);
        var messages = await client.ListMessagesAsync(thread.Id, Token).ToListAsync(Token);
        var fork = await client.ForkThreadAsync(thread.Id, messages[1].Id, Token);

        var file = Assert.Single(messages[0].Attachments!);
        await client.RunTurnAsync(fork.Id, new NewTurn("and again") { Attachments = [NewAttachment.Again(file.Id)] }, Token).ToListAsync(Token);
        var again = Assert.Single((await client.ListMessagesAsync(fork.Id, Token).ToListAsync(Token))[2].Attachments!);
        Assert.Equal("list.csv", again.Name);
        Assert.Equal("a,b"u8.ToArray(), await client.GetAttachmentAsync(fork.Id, again.Id, Token));
        Assert.Equal(("text/plain", "list.csv", 3), (file.MediaType, file.Name, file.Size));
        Assert.Equal("a,b"u8.ToArray(), await client.GetAttachmentAsync(fork.Id, file.Id, Token));
        Assert.Contains("list.csv", await client.ExportMarkdownAsync(fork.Id, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_breaks_again_and_again_costs_no_word_and_asks_once()
    {
        // The first breaks before its turn is named, the others in the middle of the answer.
        await using var proxy = new CuttingProxy(shared.Address, 600, 40, 1500, 900, 700);
        using var client = ClientOf(proxy.Address);
        var thread = await client.CreateThreadAsync(cancellationToken: Token);

        var events = await client.RunTurnAsync(thread.Id, "[[sim words=300 rate=400]]", Token).ToListAsync(Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        Assert.True(proxy.Connections >= 5, $"{proxy.Connections} connections");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(id => (long)id), events.Select(turnEvent => turnEvent.Id));
        var messages = await client.ListMessagesAsync(thread.Id, Token).ToListAsync(Token);
        Assert.Equal(["user", "assistant"], messages.Select(message => message.Role));
        Assert.Equal(messages[1].Text, TextOf(events));
    }

    [Fact]
    public async Task A_server_that_is_killed_and_started_again_costs_no_word_that_it_gave()
    {
        var url = $"http://127.0.0.1:{FreePorts.Next()}";
        var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--urls", url);
        using var client = ClientOf(new Uri(url));
        var thread = await client.CreateThreadAsync(cancellationToken: Token);
        var events = new List<TurnEvent>();
        try
        {
            await foreach (var turnEvent in client.RunTurnAsync(thread.Id, "[[sim words=5000 rate=100]]", Token))
            {
                events.Add(turnEvent);
                if (events.OfType<TextDelta>().Count() == 3)
                {
                    await gateway.KillAsync();
                    gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--urls", url);
                }
            }
        }
        finally
        {
            await gateway.StopAsync(CancellationToken.None);
        }

        Assert.Equal(GatewayProblem.Interrupted, Assert.IsType<TurnFailed>(events[^1]).Problem.Kind);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(id => (long)id), events.Select(turnEvent => turnEvent.Id));
        await using var last = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        using var reader = ClientOf(last.Http.BaseAddress!);
        var answer = await reader.ListMessagesAsync(thread.Id, Token).LastAsync(Token);
        Assert.Equal(("interrupted", TextOf(events)), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task A_turn_that_was_left_goes_on_is_joined_after_any_event_and_stopped_by_name()
    {
        using var client = ClientOf(shared.Address);
        var thread = await client.CreateThreadAsync(cancellationToken: Token);
        var seen = await client.RunTurnAsync(thread.Id, "[[sim words=3000 rate=200]]", Token).Take(4).ToListAsync(Token);
        var turn = seen.OfType<TurnStarted>().Single().TurnId;

        await client.CancelTurnAsync(thread.Id, turn, Token);
        var rest = await client.FollowTurnAsync(thread.Id, turn, seen[^1].Id, Token).ToListAsync(Token);
        var whole = await client.FollowTurnAsync(thread.Id, turn, cancellationToken: Token).ToListAsync(Token);

        Assert.IsType<TurnCancelled>(rest[^1]);
        Assert.Equal(whole, [.. seen, .. rest]);
    }

    [Fact]
    public async Task The_same_key_asks_once_whoever_repeats_it()
    {
        using var client = ClientOf(shared.Address);
        var thread = await client.CreateThreadAsync(cancellationToken: Token);
        var turn = new NewTurn("hello") { IdempotencyKey = Guid.NewGuid().ToString() };

        var first = await client.RunTurnAsync(thread.Id, turn, Token).ToListAsync(Token);
        using var another = ClientOf(shared.Address);
        var second = await another.RunTurnAsync(thread.Id, turn, Token).ToListAsync(Token);

        Assert.Equal(first, second);
        Assert.Equal(2, await client.ListMessagesAsync(thread.Id, Token).CountAsync(Token));
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_told_at_once_by_its_address()
    {
        var nowhere = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        using var client = ClientOf(nowhere);

        var plain = await Assert.ThrowsAsync<PilotlightException>(() => client.GetPoolAsync(Token));
        var turn = await Assert.ThrowsAsync<PilotlightException>(async () => await client.RunTurnAsync("thr_x", "hello", Token).ToListAsync(Token));

        Assert.Equal((GatewayProblem.Unreachable, GatewayProblem.Unreachable), (plain.Problem.Kind, turn.Problem.Kind));
        Assert.Contains(nowhere.ToString(), turn.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_shown_to_the_gateway_and_stands_in_no_error()
    {
        var (exitCode, output, _) = await GatewayProcess.RunAsync(["keys", "create", "ada", "--data", Data, "--json"], Token);
        Assert.Equal(0, exitCode);
        using var made = System.Text.Json.JsonDocument.Parse(output);
        var key = made.RootElement.GetProperty("key").GetString()!;
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        var address = gateway.Http.BaseAddress!;
        using var with = new PilotlightClient(new PilotlightClientOptions { Address = address, ApiKey = key });
        using var wrong = new PilotlightClient(new PilotlightClientOptions { Address = address, ApiKey = key[..^3] + "zzz" });
        using var without = ClientOf(address);

        Assert.NotEmpty((await with.GetPoolAsync(Token)).Profiles);
        Assert.Equal("key-missing", (await Assert.ThrowsAsync<PilotlightException>(() => without.GetPoolAsync(Token))).Problem.Kind);
        var refused = await Assert.ThrowsAsync<PilotlightException>(() => wrong.GetPoolAsync(Token));
        Assert.Equal((401, "key-wrong"), (refused.Problem.Status, refused.Problem.Kind));
        Assert.DoesNotContain("zzz", refused.ToString(), StringComparison.Ordinal);
    }
}
