using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;

namespace Pilotlight.Storage.Tests;

/// <summary>Keys, budgets, slots and usage.</summary>
public abstract partial class StoreConformance
{
    private static readonly TurnUsage s_usage = new(100, 20, 30, 50);

    private protected IKeyStore Keys => _services.GetRequiredService<IKeyStore>();

    private protected IReservationStore Reservations => _services.GetRequiredService<IReservationStore>();

    private IUsageStore Usage => _services.GetRequiredService<IUsageStore>();

    [Fact]
    public async Task A_key_is_stored_listed_and_revoked_and_each_change_is_seen()
    {
        var limits = new KeyLimits(1.5m, 20m, 1000, 20000, 6, 2, ["sonnet", "haiku"], ["chat"]);
        var before = await Keys.ReadVersionAsync(Token);
        await KeyAsync("k1", limits);
        var created = await Keys.ReadVersionAsync(Token);
        await Keys.TouchAsync(new Dictionary<string, DateTimeOffset> { ["k1"] = Now.AddMinutes(5), ["gone"] = Now }, Token);

        var key = Assert.Single(await Keys.ListAsync(Token));
        Assert.Equivalent(new GatewayKey("k1", "name of k1", true, limits, Now, Now.AddMinutes(5)), key.Key, strict: true);
        Assert.Equal([1, 2, 3], key.Salt);
        Assert.Equal([4, 5, 6], key.Hash);

        Assert.True(await Keys.RevokeAsync("k1", Now.AddHours(1), Token));
        Assert.False(await Keys.RevokeAsync("k1", Now.AddHours(2), Token));
        Assert.False(await Keys.RevokeAsync("k2", Now, Token));
        Assert.Equal(Now.AddHours(1), Assert.Single(await Keys.ListAsync(Token)).Key.RevokedAt);
        Assert.True(before < created);
        Assert.NotEqual(created, await Keys.ReadVersionAsync(Token));
        Assert.Equal(ReserveStatus.Revoked, (await ReserveAsync("r", "k1", KeyLimits.None)).Status);
    }

    [Fact]
    public async Task Parallel_reservations_never_exceed_a_budget()
    {
        var limits = new KeyLimits(UsdPerDay: 0.20m, TokensPerMonth: 1_000_000);
        await KeyAsync("k", limits);

        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(number => Task.Run(() => ReserveAsync($"r{number}", "k", limits, usd: 0.01m))));

        Assert.Equal(20, results.Count(result => result.Status == ReserveStatus.Reserved));
        var refused = results.First(result => result.Status == ReserveStatus.OverBudget);
        Assert.Equal(new ExceededBudget("USD", "day", 0.20m, 0, 0.20m, 0.01m), refused.Exceeded);
        Assert.Equal(20, await Reservations.CountAsync("k", Token));
    }

    [Fact]
    public async Task What_was_used_takes_the_place_of_what_was_held()
    {
        var limits = new KeyLimits(TokensPerDay: 1000, UsdPerMonth: 1);
        await KeyAsync("k", limits);
        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("r1", "k", limits, tokens: 900)).Status);
        Assert.Equal("tokens", (await ReserveAsync("r2", "k", limits, tokens: 101)).Exceeded!.Unit);

        await Reservations.SettleAsync("r1", new Bill("claude-x", s_usage, 0.5m), Now, Token);

        // 200 of 1000 tokens are used, half of the dollar, and nothing is held.
        Assert.Equal(new ExceededBudget("tokens", "day", 1000, 200, 0, 801), (await ReserveAsync("r3", "k", limits, tokens: 801)).Exceeded);
        Assert.Equal(new ExceededBudget("USD", "month", 1, 0.5m, 0, 0.6m), (await ReserveAsync("r4", "k", limits, usd: 0.6m)).Exceeded);
        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("r5", "k", limits, tokens: 800, usd: 0.5m)).Status);
        await Reservations.SettleAsync("r5", null, Now, Token);
        await Reservations.SettleAsync("r5", null, Now, Token);
        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("r6", "k", limits, tokens: 800, usd: 0.5m)).Status);
    }

    [Fact]
    public async Task A_new_day_and_a_new_month_begin_with_nothing_used()
    {
        var limits = new KeyLimits(TokensPerDay: 100, TokensPerMonth: 150);
        await KeyAsync("k", limits);
        var untilThen = TimeSpan.FromDays(60);
        await ReserveAsync("r1", "k", limits, tokens: 100, lease: untilThen);
        Assert.Equal("day", (await ReserveAsync("r2", "k", limits, tokens: 1)).Exceeded!.Window);
        Assert.Equal("month", (await ReserveAsync("r3", "k", limits, tokens: 51, at: Now.AddDays(1))).Exceeded!.Window);
        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("r4", "k", limits, tokens: 50, at: Now.AddDays(1), lease: untilThen)).Status);
        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("r5", "k", limits, tokens: 100, at: Now.AddDays(10))).Status);
    }

    [Fact]
    public async Task A_slot_is_a_lease_that_lapses_unless_it_is_renewed()
    {
        var limits = new KeyLimits(ConcurrentTurns: 2, TokensPerDay: 1000);
        await KeyAsync("k", limits);
        var epoch = await OpenEpochAsync();
        await ReserveAsync("lapses", "k", limits, tokens: 500);
        await ReserveAsync("renewed", "k", limits, tokens: 400);
        Assert.Equal(ReserveStatus.TooManyTurns, (await ReserveAsync("third", "k", limits)).Status);

        Assert.True(await Turns.RenewAsync(epoch, ["renewed"], Now.AddMinutes(5), Token));

        // The first one's slot is free a minute later, and what it held.
        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("fourth", "k", limits, tokens: 600, at: Now.AddMinutes(1))).Status);
        Assert.Equal(ReserveStatus.TooManyTurns, (await ReserveAsync("fifth", "k", limits, at: Now.AddMinutes(1))).Status);
    }

    [Fact]
    public async Task Turns_begun_in_a_minute_are_counted_and_refused_ones_are_not()
    {
        var limits = new KeyLimits(RequestsPerMinute: 3);
        await KeyAsync("k", limits);

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => ReserveAsync($"r{number}", "k", limits))));
        var next = await ReserveAsync("next", "k", limits, at: Now.AddMinutes(1));

        Assert.Equal([1, 2, 3], results.Where(result => result.Status == ReserveStatus.Reserved).Select(result => result.RequestsThisMinute).Order());
        Assert.Equal(5, results.Count(result => result.Status == ReserveStatus.TooManyRequests));
        Assert.Equal((ReserveStatus.Reserved, 1), (next.Status, next.RequestsThisMinute));
    }

    [Fact]
    public async Task A_refused_turn_leaves_nothing_behind()
    {
        var limits = new KeyLimits(UsdPerDay: 0.001m);
        await KeyAsync("k", limits);
        var thread = await ThreadAsync("a");

        var refused = await Turns.AcceptAsync(new NewTurnRequest(NewTurn("a", "t1", "x"), Reservation: Hold("t1", "k", limits, 1, 0.01m, Now, default)), Now.AddHours(1), Token);

        Assert.Equal((AcceptStatus.Refused, ReserveStatus.OverBudget), (refused.Status, refused.Reserved!.Status));
        Assert.Empty((await Threads.ListMessagesAsync("a", null, 10, Token)).Items);
        Assert.Null(await Turns.FindAsync("a", "t1", Token));
        Assert.Equal(thread, await Threads.FindAsync("a", Token));
        Assert.Equal(0, await Reservations.CountAsync("k", Token));
    }

    [Fact]
    public async Task The_end_of_a_turn_settles_its_reservation_and_books_its_usage_by_the_model_that_answered()
    {
        var limits = new KeyLimits(UsdPerDay: 1);
        await KeyAsync("k", limits);
        await ThreadAsync("a");
        await ThreadAsync("b");
        var epoch = await OpenEpochAsync();
        foreach (var (thread, turn, owner) in new[] { ("a", "t1", "k"), ("a", "t2", "k"), ("b", "t3", "local") })
        {
            var hold = owner == "k" ? Hold(turn, "k", limits, 1, 0.6m, Now, default) : null;
            var accepted = await Turns.AcceptAsync(
                new NewTurnRequest(NewTurn(thread, turn, "x") with { KeyId = owner }, epoch, Reservation: hold, StartsAtOnce: true), Now, Token);
            Assert.Equal((AcceptStatus.Accepted, TurnState.Started), (accepted.Status, accepted.Turn!.State));
            Assert.True(await Turns.EndAsync(turn, epoch, new TurnOutcome(TurnState.Completed, null, new Bill("claude-x", s_usage, 0.1m)), [], Now, Token));
            Assert.False(await Turns.EndAsync(turn, epoch, new TurnOutcome(TurnState.Completed, null, new Bill("claude-x", s_usage, 0.1m)), [], Now, Token));
        }

        Assert.Equal(0, await Reservations.CountAsync("k", Token));
        var day = DateOnly.FromDateTime(Now.UtcDateTime);
        Assert.Equal(
            [new UsageEntry("k", "name of k", "claude-x", day, 2, new TurnUsage(200, 40, 60, 100), 0.2m), new UsageEntry("local", null, "claude-x", day, 1, s_usage, 0.1m)],
            await Usage.ReadAsync(new UsageQuery(), Token));
        Assert.Equal("k", Assert.Single(await Usage.ReadAsync(new UsageQuery("k", "claude-x", day, day), Token)).Key);
        Assert.Empty(await Usage.ReadAsync(new UsageQuery(From: day.AddDays(1)), Token));
        Assert.Empty(await Usage.ReadAsync(new UsageQuery(To: day.AddDays(-1)), Token));
        Assert.Empty(await Usage.ReadAsync(new UsageQuery(Model: "other"), Token));
    }

    [Fact]
    public async Task Calls_of_running_turns_that_ask_at_once_hold_no_more_than_there_is()
    {
        var limits = new KeyLimits(TokensPerDay: 1000, UsdPerMonth: 10);
        await KeyAsync("k", limits);
        var turns = Enumerable.Range(0, 20).Select(number => $"r{number}").ToArray();
        foreach (var turn in turns)
        {
            await ReserveAsync(turn, "k", limits, tokens: 10, usd: 0.1m);
        }

        var call = new CallHold(new Amount(500, 1), new Amount(100, 0.2m), new Amount(60, 0.1m));
        var results = await Task.WhenAll(turns.Select(turn => Task.Run(() => Reservations.HoldAsync(turn, limits, call, Now, Token))));

        // 200 are held by all; each that is let through holds at least what a call needs, and nobody more than was left.
        Assert.Equal(1000, results.Sum(result => result.Exceeded is null ? result.Held.Tokens : 10));
        Assert.All(results.Where(result => result.Exceeded is null), result => Assert.InRange(result.Held.Tokens, 60, 100));
        var refused = results.First(result => result.Exceeded is not null).Exceeded!;
        Assert.Equal(("tokens", "day", 1000m, 0m), (refused.Unit, refused.Window, refused.Cap, refused.Spent));

        foreach (var turn in turns)
        {
            await Reservations.SettleAsync(turn, new Bill("claude-x", new TurnUsage(30, 10, 0, 0), 0.01m), Now, Token);
        }

        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("next", "k", limits, tokens: 200)).Status);
        Assert.Equal(ReserveStatus.OverBudget, (await ReserveAsync("over", "k", limits, tokens: 1)).Status);
    }

    [Fact]
    public async Task A_settled_turn_holds_nothing_for_further_calls()
    {
        var limits = new KeyLimits(TokensPerDay: 1000);
        await KeyAsync("k", limits);
        await ReserveAsync("r", "k", limits, tokens: 10);
        await Reservations.SettleAsync("r", null, Now, Token);

        var call = new CallHold(new Amount(500, 1), new Amount(100, 1), new Amount(60, 1));
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => Reservations.HoldAsync("r", limits, call, Now, Token));
        Assert.Contains("'r' is settled", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_used_after_its_turn_was_booked_is_spent_and_counts_no_turn()
    {
        var limits = new KeyLimits(TokensPerDay: 100);
        await KeyAsync("k", limits);

        await Reservations.BookLateAsync("k", new Bill("claude-x", new TurnUsage(60, 20, 0, 0), 0.1m), Now, Token);

        var day = DateOnly.FromDateTime(Now.UtcDateTime);
        Assert.Equal([new UsageEntry("k", "name of k", "claude-x", day, 0, new TurnUsage(60, 20, 0, 0), 0.1m)], await Usage.ReadAsync(new UsageQuery(), Token));
        Assert.Equal(ReserveStatus.OverBudget, (await ReserveAsync("r", "k", limits, tokens: 21)).Status);
        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("r", "k", limits, tokens: 20)).Status);
    }

    [Fact]
    public async Task An_interrupted_turn_gives_back_what_it_held()
    {
        var limits = new KeyLimits(UsdPerDay: 1, ConcurrentTurns: 1);
        await KeyAsync("k", limits);
        await ThreadAsync("a");
        var old = await OpenEpochAsync();
        await Turns.AcceptAsync(new NewTurnRequest(NewTurn("a", "t1", "x") with { KeyId = "k" }, old, Reservation: Hold("t1", "k", limits, 1, 1m, Now, default), StartsAtOnce: true), Now, Token);
        Assert.Equal(ReserveStatus.TooManyTurns, (await ReserveAsync("r", "k", limits, usd: 1)).Status);

        await Turns.TakeOverAsync(await OpenEpochAsync(), Now, Now, Token);

        Assert.Equal(ReserveStatus.Reserved, (await ReserveAsync("r", "k", limits, usd: 1)).Status);
    }

    [Fact]
    public async Task A_turn_on_a_thread_that_has_changed_since_it_was_read_is_told_so()
    {
        var thread = await ThreadAsync("a");
        var first = await Turns.AcceptAsync(new NewTurnRequest(NewTurn("a", "t1", "x"), ThreadVersion: thread.Version, DroppedTurns: 3), Now, Token);
        var second = await Turns.AcceptAsync(new NewTurnRequest(NewTurn("a", "t2", "x"), ThreadVersion: thread.Version), Now, Token);
        var none = await Turns.AcceptAsync(new NewTurnRequest(NewTurn("none", "t3", "x"), ThreadVersion: 0), Now, Token);

        Assert.Equal((AcceptStatus.Accepted, AcceptStatus.Stale, AcceptStatus.NoThread), (first.Status, second.Status, none.Status));
        var now = (await Threads.FindAsync("a", Token))!;
        Assert.Equal((thread.Version + 1, 3), (now.Version, now.DroppedTurns));
    }

    [Fact]
    public async Task Threads_are_listed_by_owner()
    {
        await Threads.CreateAsync(new ChatThread("mine", null, null, null, null, 0, Now, Now, "k1"), Token);
        await Threads.CreateAsync(new ChatThread("theirs", null, null, null, null, 0, Now, Now, "k2"), Token);

        Assert.Equal("mine", Assert.Single((await Threads.ListAsync("k1", null, null, 10, Token)).Items).Id);
        Assert.Equal(2, (await Threads.ListAsync(null, null, null, 10, Token)).Items.Count);
    }

    [Fact]
    public async Task Text_that_is_no_text_is_stored_with_what_it_can_hold()
    {
        await Threads.CreateAsync(new ChatThread("a", "nul \0 half \ud83d pair \ud83d\ude00", null, null, null, 0, Now, Now), Token);
        await AcceptAsync(NewTurn("a", "t1", "nul \0 half \ude00 pair \ud83d\ude00"));

        Assert.Equal("nul \ufffd half \ufffd pair \ud83d\ude00", (await Threads.FindAsync("a", Token))!.Title);
        Assert.Equal("nul \ufffd half \ufffd pair \ud83d\ude00", Assert.Single((await Threads.ListMessagesAsync("a", null, 10, Token)).Items).Text);
    }

    private Task KeyAsync(string id, KeyLimits limits) =>
        Keys.CreateAsync(new StoredKey(new GatewayKey(id, "name of " + id, true, limits, Now), [1, 2, 3], [4, 5, 6]), Token);

    private Task<ReserveResult> ReserveAsync(
        string id, string key, KeyLimits limits, long tokens = 1, decimal usd = 0, DateTimeOffset? at = null, TimeSpan? lease = null) =>
        Reservations.ReserveAsync(Hold(id, key, limits, tokens, usd, at ?? Now, lease ?? TimeSpan.FromMinutes(1)), at ?? Now, Token);

    private static Reservation Hold(string id, string key, KeyLimits limits, long tokens, decimal usd, DateTimeOffset at, TimeSpan lease) =>
        new(id, key, limits, 1, tokens, usd, at + (lease == default ? TimeSpan.FromMinutes(1) : lease));
}
