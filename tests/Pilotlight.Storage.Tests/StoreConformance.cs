using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Storage.Tests;

/// <summary>What every database must do; each has a class that derives from this.</summary>
public abstract partial class StoreConformance : IAsyncLifetime
{
    private protected static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private ServiceProvider _services = null!;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected IThreadStore Threads => _services.GetRequiredService<IThreadStore>();

    private protected ITurnStore Turns => _services.GetRequiredService<ITurnStore>();

    protected abstract ValueTask AddStorageAsync(IServiceCollection services);

    public async ValueTask InitializeAsync()
    {
        var services = new ServiceCollection();
        await AddStorageAsync(services);
        _services = services.BuildServiceProvider();
        await _services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token);
    }

    public virtual ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task The_migrations_are_the_model()
    {
        await using var context = await _services.GetRequiredService<IDbContextFactory<PilotlightDbContext>>().CreateDbContextAsync(Token);

        Assert.False(context.Database.HasPendingModelChanges());
        Assert.Empty(await context.Database.GetPendingMigrationsAsync(Token));
    }

    [Fact]
    public async Task A_thread_is_stored_changed_and_deleted_with_all_it_holds()
    {
        var thread = await ThreadAsync("a", "first title");
        var epoch = await OpenEpochAsync();
        await CompleteAsync("a", "t1", epoch, "question", "answer");

        var changed = await Threads.UpdateAsync("a", new ThreadChange("second title", "haiku", null, null), Now.AddMinutes(1), Token);

        Assert.Equal(thread with { Title = "second title", Model = "haiku", UpdatedAt = Now.AddMinutes(1), Version = changed!.Version }, changed);
        Assert.Equal(changed, await Threads.FindAsync("a", Token));
        Assert.True(await Threads.DeleteAsync("a", Token));
        Assert.Null(await Threads.FindAsync("a", Token));
        Assert.Empty((await Threads.ListMessagesAsync("a", null, 10, Token)).Items);
        Assert.Empty(await Turns.ReadEventsAsync("t1", 0, Token));
        Assert.False(await Threads.DeleteAsync("a", Token));
    }

    [Fact]
    public async Task Titles_are_found_whatever_the_size_of_their_letters_in_every_script()
    {
        foreach (var (at, title) in new[] { "Straße in ZÜRICH", "ΑΘΗΝΑ και Σπάρτη", "Привет МИР", "plain_100% \\ text" }.Index())
        {
            await ThreadAsync($"t{at}", title);
        }

        await Threads.UpdateAsync("t1", new ThreadChange("Αθηνα, changed ÉTÉ", null, null, null), Now, Token);
        await Threads.UpdateAsync("t2", new ThreadChange(null, "haiku", null, null), Now, Token);

        foreach (var (search, found) in new[]
        {
            ("zürich", "t0"), ("STRAßE", "t0"), ("αθηνα", "t1"), ("été", "t1"), ("привет мир", "t2"), ("МИР", "t2"), ("PLAIN_100%", "t3"), ("\\ TEXT", "t3"),
        })
        {
            var page = await Threads.ListAsync(null, search, null, 10, Token);
            Assert.True(page.Items is [{ Id: var id }] && id == found, $"'{search}' found {string.Join(',', page.Items.Select(thread => thread.Id))}, not {found}.");
        }

        Assert.Empty((await Threads.ListAsync(null, "σπάρτη", null, 10, Token)).Items);
    }

    [Fact]
    public async Task What_was_said_is_found_in_every_script_by_words_of_any_length_until_it_is_gone()
    {
        var epoch = await OpenEpochAsync();
        foreach (var (at, (question, answer)) in new[]
        {
            ("How was the STRASSE in Zürich?", "Full of trams, 100% of them \\ blue."), ("東京の天気は？", "明日は雨です。"), ("Что нового?", "Ничего."), ("कैसे हो?", "ठीक, \"धन्यवाद\"."), ("a🙂b", "\0half \ud83d"),
        }.Index())
        {
            await ThreadAsync($"t{at}", "title");
            await CompleteAsync($"t{at}", $"turn{at}", epoch, question, answer);
        }

        foreach (var (search, found) in new[]
        {
            ("zürich", "t0"), ("strasse ZÜRICH", "t0"), ("100%", "t0"), ("\\ BLUE", "t0"), ("天気", "t1"), ("東京の", "t1"), ("雨", "t1"), ("ЧТО", "t2"), ("ничего", "t2"), ("धन्यवाद", "t3"), ("\"धन्यवाद\"", "t3"),
            ("🙂", "t4"), ("A🙂B", "t4"),
        })
        {
            var page = await Threads.ListAsync("local", search, null, 10, Token);
            Assert.True(page.Items is [{ Id: var id }] && id == found, $"'{search}' found [{string.Join(',', page.Items.Select(thread => thread.Id))}], not {found}.");
        }

        foreach (var none in new[] { "zürich trams", "東京の雨", "AND", "NEAR(zürich)", "\"\"", "*", "_ürich", "100%%" })
        {
            Assert.True((await Threads.ListAsync(null, none, null, 10, Token)).Items.Count == 0, $"'{none}' found something.");
        }

        Assert.Empty((await Threads.ListAsync("somebody else", "zürich", null, 10, Token)).Items);
        await Threads.RemoveTurnAsync("t0", "turn0", Token);
        await Threads.DeleteAsync("t1", Token);
        Assert.Empty((await Threads.ListAsync(null, "zürich", null, 10, Token)).Items);
        Assert.Empty((await Threads.ListAsync(null, "東京の", null, 10, Token)).Items);
    }

    [Fact]
    public async Task What_was_said_before_this_version_is_found_after_the_next_start()
    {
        await ThreadAsync("a");
        await CompleteAsync("a", "t1", await OpenEpochAsync(), "Wie ist ZÜRICH?", "Schön.");
        await ForgetFoldedTextsAsync();
        Assert.Empty((await Threads.ListAsync(null, "zürich", null, 10, Token)).Items);

        await _services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token);

        Assert.Single((await Threads.ListAsync(null, "zürich", null, 10, Token)).Items);
        Assert.True(await Threads.DeleteAsync("a", Token));
    }

    [Fact]
    public async Task The_files_that_a_message_brings_are_listed_copied_and_deleted_with_it()
    {
        await ThreadAsync("a");
        var file = new Attachment("att_1", "image/png", "a \"picture\".png", 12);
        var turn = NewTurn("a", "t1", "look") with { Attachments = [file] };
        await AcceptAsync(turn);

        Assert.Equal(turn.UserMessageId, (await Threads.FindAttachedAsync("a", "att_1", Token))?.Id);
        Assert.Equal([file], (await Threads.FindMessageAsync("a", turn.UserMessageId, Token))!.Attachments!);
        Assert.Equal([file], (await Threads.ListMessagesAsync("a", null, 10, Token)).Items.Single().Attachments!);
        Assert.Null(await Threads.FindAttachedAsync("b", "att_1", Token));
        Assert.Null(await Threads.FindAttachedAsync("a", "att_%", Token));
        Assert.Null(await Threads.FindMessageAsync("b", turn.UserMessageId, Token));
        Assert.Equal("a", (await Threads.FindMessageAsync(null, turn.UserMessageId, Token))?.ThreadId);
        Assert.Null(await Threads.FindMessageAsync(null, "none", Token));
        await ThreadAsync("b");
        await Turns.CopyAsync("b", "key", [new CopiedTurn("t1", "x1", "xu1", "xa1")], Token);
        Assert.Equal("xu1", (await Threads.FindAttachedAsync("b", "att_1", Token))?.Id);
        await Threads.DeleteAsync("a", Token);
        Assert.Null(await Threads.FindAttachedAsync("a", "att_1", Token));
    }

    [Fact]
    public async Task Titles_of_an_earlier_version_are_found_after_the_next_start()
    {
        await ThreadAsync("a", "ZÜRICH");
        await using (var context = await _services.GetRequiredService<IDbContextFactory<PilotlightDbContext>>().CreateDbContextAsync(Token))
        {
            await context.Threads.ExecuteUpdateAsync(set => set.SetProperty(thread => thread.FoldedTitle, (string?)null), Token);
        }

        await _services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token);

        Assert.Single((await Threads.ListAsync(null, "zürich", null, 10, Token)).Items);
    }

    [Fact]
    public async Task Changes_of_a_thread_beside_its_turns_are_all_counted_and_none_is_lost()
    {
        const int Rounds = 25;
        await ThreadAsync("a");
        var before = (await Threads.FindAsync("a", Token))!.Version;
        var epoch = await OpenEpochAsync();

        await Task.WhenAll(
            Task.Run(async () =>
            {
                for (var round = 0; round < Rounds; round++)
                {
                    await CompleteAsync("a", $"t{round}", epoch, "question", "answer");
                }
            }, Token),
            Task.Run(() => ChangeAsync(round => new ThreadChange($"title {round}", null, null, null)), Token),
            Task.Run(() => ChangeAsync(round => new ThreadChange(null, null, $"prompt {round}", null)), Token));

        var thread = (await Threads.FindAsync("a", Token))!;
        Assert.Equal(("title 24", "prompt 24"), (thread.Title, thread.SystemPrompt));

        // Each turn counts at its beginning and at its end.
        Assert.Equal(before + (4 * Rounds), thread.Version);

        async Task ChangeAsync(Func<int, ThreadChange> change)
        {
            for (var round = 0; round < Rounds; round++)
            {
                await Threads.UpdateAsync("a", change(round), Now, Token);
            }
        }
    }

    [Fact]
    public async Task Threads_are_paged_by_their_last_change_and_searched_by_title()
    {
        for (var number = 0; number < 5; number++)
        {
            // Two of them changed in the same moment: a page must neither repeat nor skip either.
            await ThreadAsync($"t{number}", $"Number {number} 100%", Now.AddMinutes(number / 2));
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Threads.ListAsync(null, null, cursor, 2, Token);
            seen.AddRange(page.Items.Select(thread => thread.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(["t4", "t3", "t2", "t1", "t0"], seen);
        Assert.Equal("t3", Assert.Single((await Threads.ListAsync(null, "number 3", null, 10, Token)).Items).Id);
        Assert.Equal(5, (await Threads.ListAsync(null, "100%", null, 10, Token)).Items.Count);
        Assert.Empty((await Threads.ListAsync(null, "1_0", null, 10, Token)).Items);
    }

    [Fact]
    public async Task Messages_keep_their_order_usage_and_cost()
    {
        await ThreadAsync("a");
        var epoch = await OpenEpochAsync();
        await CompleteAsync("a", "t1", epoch, "one", "first");
        await CompleteAsync("a", "t2", epoch, "two", "second");

        var first = await Threads.ListMessagesAsync("a", null, 3, Token);
        var rest = await Threads.ListMessagesAsync("a", first.NextCursor, 3, Token);

        Assert.Equal(["one", "first", "two", "second"], first.Items.Concat(rest.Items).Select(message => message.Text));
        Assert.Null(rest.NextCursor);
        var answer = first.Items[1];
        Assert.Equal(new TurnUsage(10, 20, 30, 40), answer.Usage);
        Assert.Equal(0.000123456m, answer.CostUsd);
        Assert.Equal(["Bash", "Read"], answer.Tools);
    }

    [Fact]
    public async Task A_busy_thread_takes_no_second_turn()
    {
        await ThreadAsync("a");

        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(number => AcceptAsync(NewTurn("a", $"t{number}", "x"))));

        Assert.Single(results, result => result.Status == AcceptStatus.Accepted);
        Assert.Equal(15, results.Count(result => result.Status == AcceptStatus.Busy));
        Assert.Single((await Threads.ListMessagesAsync("a", null, 100, Token)).Items);
        Assert.Equal(AcceptStatus.NoThread, (await AcceptAsync(NewTurn("none", "t", "x"))).Status);
    }

    [Fact]
    public async Task A_turn_that_is_asked_for_twice_is_taken_on_once_whether_it_runs_still_or_has_ended()
    {
        await ThreadAsync("a");
        var epoch = await OpenEpochAsync();
        var lease = new Reservation("t1", "local", KeyLimits.None, epoch, 10, 0, Now.AddMinutes(1));
        var turn = NewTurn("a", "t1", "x");

        var first = await AskAsync(turn);
        var again = await AskAsync(turn with { UserMessageId = "again" });
        await Turns.EndAsync("t1", epoch, new TurnOutcome(TurnState.Completed, null), [], Now, Token);
        var late = await AskAsync(turn with { UserMessageId = "late" });

        Assert.Equal((AcceptStatus.Accepted, AcceptStatus.Busy, AcceptStatus.Busy), (first.Status, again.Status, late.Status));
        Assert.Equal(("t1", TurnState.Started, TurnState.Completed), (late.Turn!.Id, again.Turn!.State, late.Turn.State));
        Assert.Single((await Threads.ListMessagesAsync("a", null, 100, Token)).Items);

        Task<AcceptResult> AskAsync(Turn asked) => Turns.AcceptAsync(new NewTurnRequest(asked, epoch, Reservation: lease, StartsAtOnce: true), Now, Token);
    }

    [Fact]
    public async Task An_idempotency_key_replays_the_same_and_refuses_another()
    {
        await ThreadAsync("a");
        var turn = NewTurn("a", "t1", "same") with { IdempotencyKey = "k" };

        var first = await AcceptAsync(turn);
        var again = await AcceptAsync(turn with { Id = "t2" });
        var other = await AcceptAsync(turn with { Id = "t3", Text = "another" });

        Assert.Equal((AcceptStatus.Accepted, AcceptStatus.Replayed, AcceptStatus.KeyReused), (first.Status, again.Status, other.Status));
        Assert.Equal("t1", again.Turn!.Id);
    }

    [Fact]
    public async Task An_idempotency_key_is_for_all_that_is_asked()
    {
        await ThreadAsync("a");
        var turn = NewTurn("a", "t1", "same") with { IdempotencyKey = "k" };
        await AskAsync(turn, """{"files":"one"}""");

        Assert.Equal(AcceptStatus.Replayed, (await AskAsync(turn with { Id = "t2" }, """{"files":"one"}""")).Status);
        Assert.Equal(AcceptStatus.KeyReused, (await AskAsync(turn with { Id = "t3" }, """{"files":"two"}""")).Status);
        Assert.Equal(AcceptStatus.KeyReused, (await AskAsync(turn with { Id = "t4" }, null)).Status);

        Task<AcceptResult> AskAsync(Turn asked, string? prompt) => Turns.AcceptAsync(new NewTurnRequest(asked, 0, Prompt: prompt), Now, Token);
    }

    [Fact]
    public async Task A_turn_is_started_once()
    {
        await ThreadAsync("a");
        var epoch = await OpenEpochAsync();
        await AcceptAsync(NewTurn("a", "t1", "x"));

        var started = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Turns.TryStartAsync("t1", epoch, Now, Token)));

        Assert.Single(started, won => won);
    }

    [Fact]
    public async Task A_new_epoch_interrupts_what_was_started_and_returns_what_was_only_accepted()
    {
        await ThreadAsync("a");
        await ThreadAsync("b");
        var old = await OpenEpochAsync();
        await AcceptAsync(NewTurn("a", "started", "x"));
        await AcceptAsync(NewTurn("b", "accepted", "y"));
        Assert.True(await Turns.TryStartAsync("started", old, Now, Token));
        Assert.True(await Turns.AppendAsync("started", old, [new(1, "text.delta", """{"text":"void"}"""), new(2, "text.reset", "{}")], Token));
        Assert.True(await Turns.AppendAsync("started", old, [new(3, "text.delta", """{"text":"partial"}""")], Token));

        var epoch = await OpenEpochAsync();
        var waiting = await Turns.TakeOverAsync(epoch, Now, Now, Token);

        Assert.True(epoch > old);
        Assert.Equal("accepted", Assert.Single(waiting).Id);
        Assert.Equal(TurnState.Interrupted, (await Turns.FindAsync("a", "started", Token))!.State);
        Assert.Equal(["x", "partial"], (await Threads.ListMessagesAsync("a", null, 10, Token)).Items.Select(message => message.Text));
        var events = await Turns.ReadEventsAsync("started", 2, Token);
        Assert.Equal([(3L, "text.delta"), (4L, "turn.failed")], events.Select(stored => (stored.Id, stored.Type)));

        // The old owner wakes up: nothing that it does counts.
        Assert.False(await Turns.AppendAsync("started", old, [new(5, "text.delta", "{}")], Token));
        Assert.False(await Turns.EndAsync("started", old, new TurnOutcome(TurnState.Completed, null), [], Now, Token));
        Assert.Equal(2, (await Turns.ReadEventsAsync("started", 2, Token)).Count);
    }

    [Fact]
    public async Task An_epoch_whose_server_is_known_to_be_gone_ends_before_its_lease()
    {
        await ThreadAsync("a");
        var gone = await Turns.OpenEpochAsync("gone", Now.AddHours(1), Token);
        await AcceptAsync(NewTurn("a", "started", "x"));
        Assert.True(await Turns.TryStartAsync("started", gone, Now, Token));
        Assert.Equal(gone, await Turns.FindEpochAsync("started", Token));
        var epoch = await Turns.OpenEpochAsync("other", Now.AddHours(1), Token);

        await Turns.EndEpochAsync(gone, Token);
        await Turns.TakeOverAsync(epoch, Now, Now, Token);

        Assert.Equal(TurnState.Interrupted, await Turns.FindStateAsync("started", Token));
        Assert.Null(await Turns.FindEpochAsync("started", Token));
        Assert.False(await Turns.RenewAsync(gone, [], Now.AddHours(2), Token));
    }

    [Fact]
    public async Task Of_old_turns_only_the_end_stays_among_the_events_and_every_message()
    {
        await ThreadAsync("a");
        var epoch = await OpenEpochAsync();
        foreach (var (turn, at) in new[] { ("old", Now), ("young", Now.AddHours(1)) })
        {
            await AcceptAsync(NewTurn("a", turn, "hi"));
            await Turns.TryStartAsync(turn, epoch, Now, Token);
            await Turns.AppendAsync(turn, epoch, [new(1, "turn.started", "{}"), new(2, "text.delta", "{}")], Token);
            var answer = new StoredMessage($"m_{turn}", "a", turn, "assistant", "there", "complete", null, null, null, null, null, null, null, at);
            await Turns.EndAsync(turn, epoch, new TurnOutcome(TurnState.Completed, answer), [new(3, "turn.completed", "{}")], at, Token);
        }

        Assert.Equal(1, await Turns.PruneAsync(Now.AddHours(1), 10, Token));
        Assert.Equal(0, await Turns.PruneAsync(Now.AddHours(1), 10, Token));

        Assert.Equal([3], (await Turns.ReadEventsAsync("old", 0, Token)).Select(stored => stored.Id));
        Assert.Equal([1, 2, 3], (await Turns.ReadEventsAsync("young", 0, Token)).Select(stored => stored.Id));
        Assert.Equal(4, (await Threads.ListMessagesAsync("a", null, 10, Token)).Items.Count);
    }

    [Fact]
    public async Task History_is_of_turns_that_left_an_answer()
    {
        await ThreadAsync("a");
        var epoch = await OpenEpochAsync();
        await CompleteAsync("a", "t1", epoch, "one", "first");
        await AcceptAsync(NewTurn("a", "t2", "failed question"));
        await Turns.TryStartAsync("t2", epoch, Now, Token);
        await Turns.EndAsync("t2", epoch, new TurnOutcome(TurnState.Failed, null), [], Now, Token);
        await AcceptAsync(NewTurn("a", "t3", "running question"));

        var history = await Threads.ReadHistoryAsync("a", Token);

        Assert.Equal(["one", "first"], history.Select(message => message.Text));
    }

    private protected Task<long> OpenEpochAsync(string node = "node") => Turns.OpenEpochAsync(node, Now.AddMinutes(1), Token);

    private protected Task<AcceptResult> AcceptAsync(Turn turn, long epoch = 0) => Turns.AcceptAsync(new NewTurnRequest(turn, epoch), Now, Token);

    private protected async Task<ChatThread> ThreadAsync(string id, string? title = null, DateTimeOffset? at = null)
    {
        var thread = new ChatThread(id, title, null, null, null, 0, at ?? Now, at ?? Now);
        await Threads.CreateAsync(thread, Token);
        return thread;
    }

    private async Task CompleteAsync(string thread, string turn, long epoch, string question, string answer)
    {
        var accepted = NewTurn(thread, turn, question);
        Assert.Equal(AcceptStatus.Accepted, (await AcceptAsync(accepted)).Status);
        Assert.True(await Turns.TryStartAsync(turn, epoch, Now, Token));
        var message = new StoredMessage(
            accepted.AnswerMessageId, thread, turn, "assistant", answer, "complete", "claude", new TurnUsage(10, 20, 30, 40), 0.000123456m, "hot", 1, 2, ["Bash", "Read"], Now);
        Assert.True(await Turns.EndAsync(turn, epoch, new TurnOutcome(TurnState.Completed, message), [new(1, "turn.completed", "{}")], Now, Token));
    }

    // As a version without the column left its messages: in no index either.
    private async Task ForgetFoldedTextsAsync()
    {
        await using var context = await _services.GetRequiredService<IDbContextFactory<PilotlightDbContext>>().CreateDbContextAsync(Token);
        if (context.Database.IsSqlite())
        {
            await context.Database.ExecuteSqlAsync($"INSERT INTO message_search(message_search, rowid, \"FoldedText\") SELECT 'delete', \"Sequence\", \"FoldedText\" FROM messages", Token);
        }

        await context.Messages.ExecuteUpdateAsync(set => set.SetProperty(message => message.FoldedText, (string?)null), Token);
    }

    private protected static Turn NewTurn(string thread, string id, string text) =>
        new(id, thread, TurnState.Accepted, text, "user-" + id, "answer-" + id, null);
}
