using System.Collections.Concurrent;
using System.Diagnostics;
using Pilotlight.Simulator;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Tests;

/// <summary>A budget between the CLI and the API.</summary>
public sealed class BudgetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_turn_whose_budget_is_used_up_gets_its_next_call_refused_and_says_why()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Agent, Token);
        host.Simulator.When(request => request.IsMessage, Scenario.ToolUse("Bash", """{"command":"true","description":"nothing"}"""));
        var (budget, listener) = (new Budget(calls: 3, maxOutput: 700), new Listener());
        var startedAt = Stopwatch.GetTimestamp();

        using (process.BeginTurn(new WireTurn { Budget = budget, Observer = listener }))
        {
            var turn = await cli.TurnAsync("work", Token);
            Assert.Contains("used up", CliProcess.ResultOf(turn), StringComparison.Ordinal);
            Assert.True(turn[^1].GetProperty("is_error").GetBoolean());
        }

        Assert.Equal(3, host.Simulator.MessageRequests.Count);
        Assert.All(host.Simulator.MessageRequests, request => Assert.Equal(700, request.Body.GetProperty("max_tokens").GetInt32()));
        Assert.Equal(3, budget.Settled.Count);
        Assert.Equal(host.Simulator.Told.Select(told => (long)told.OutputTokens), budget.Settled.Select(usage => usage.OutputTokens));
        var refused = Assert.Single(listener.Ends, end => end.Report.Outcome == CallOutcome.Refused);
        Assert.Equal(0, refused.Report.Attempts);

        // At once, and not after the CLI's minutes of asking again.
        Assert.True(Stopwatch.GetElapsedTime(startedAt) < TimeSpan.FromSeconds(20));
        using (process.BeginTurn(new WireTurn()))
        {
            host.Simulator.Enqueue(Scenario.Answer("on it goes"));
            Assert.Equal("on it goes", CliProcess.ResultOf(await cli.TurnAsync("and now", Token)));
            Assert.Single(host.Simulator.MessageRequests.Select(request => request.Headers["anthropic-beta"]).Distinct());
        }
    }

    [Fact]
    public async Task A_call_that_breaks_off_is_settled_with_what_was_told()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        var environment = new Dictionary<string, string>(process.Environment) { ["CLAUDE_CODE_MAX_RETRIES"] = "0" };
        await using var cli = await CliProcess.StartAsync(environment, CliProcess.Chat, Token);
        host.Simulator.Enqueue(Scenario.Cut("one two three four", afterTokens: 2) with { InputTokens = 50 });
        var (budget, listener) = (new Budget(calls: 9), new Listener());

        using (process.BeginTurn(new WireTurn { Budget = budget, Observer = listener }))
        {
            await cli.TurnAsync("go", Token);
        }

        var (_, report) = listener.Ends.First();
        Assert.Equal(CallOutcome.Cut, report.Outcome);
        Assert.Equal((50, 1, "one two ".Length), (report.Usage.InputTokens, report.Usage.OutputTokens, report.Usage.StreamedBytes));
        Assert.Equal(50, budget.Settled.First().InputTokens);
    }

    [Fact]
    public async Task What_a_process_asks_for_between_two_turns_is_told_as_the_first_ones()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        var (during, afterwards) = (new Listener(), new Listener());
        using (process.BeginTurn(new WireTurn { Observer = during, Afterwards = afterwards, Budget = new Budget(calls: 1) }))
        {
            await cli.TurnAsync("one", Token);
        }

        await cli.TurnAsync("of its own", Token);
        using (process.BeginTurn(new WireTurn { Observer = during }))
        {
            await cli.TurnAsync("two", Token);
        }

        await cli.TurnAsync("nobody's", Token);

        Assert.Equal(4, host.Simulator.MessageRequests.Count);
        Assert.Equal(2, during.Ends.Count);
        var (_, report) = Assert.Single(afterwards.Ends);
        Assert.Equal((CallOutcome.Completed, (long)host.Simulator.Told[1].OutputTokens), (report.Outcome, report.Usage.OutputTokens));
    }

    [Fact]
    public async Task Sixty_four_turns_of_twenty_calls_at_once_stay_within_one_budget()
    {
        const long Cap = 2000;
        await using var host = await WireHost.StartAsync();
        host.Simulator.When(_ => true, Scenario.Words(10) with { InputTokens = 7 });
        var budget = new Shared(Cap, output: 10, input: 7);

        var refusals = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            for (var i = 0; i < 20; i++)
            {
                using var answer = await host.Relay.SendAsync(UpstreamTests.Call() with { Turn = new() { Budget = budget } }, Token);
                await answer.Body.CopyToAsync(Stream.Null, Token);
                if (answer.Status == 402)
                {
                    return i;
                }
            }

            return 20;
        }));

        var told = host.Simulator.Told.Sum(usage => (long)usage.InputTokens + usage.OutputTokens);
        Assert.InRange(told, Cap - 17, Cap);
        Assert.Equal(told, budget.Spent);
        Assert.DoesNotContain(20, refusals);
    }

    [Fact]
    public async Task A_budget_that_fails_lets_nothing_through()
    {
        await using var host = await WireHost.StartAsync();

        using var answer = await host.Relay.SendAsync(new DirectCall { Body = """{"model":"m"}"""u8.ToArray(), Turn = new() { Budget = new Broken() } }, Token);

        Assert.Equal(402, answer.Status);
        Assert.Empty(host.Simulator.MessageRequests);
    }

    private sealed class Budget(int calls, int? maxOutput = null) : ICallBudget
    {
        private int _calls;

        public ConcurrentQueue<CallUsage> Settled { get; } = new();

        public ValueTask<CallAllowance> AskAsync(CallInfo info, CancellationToken cancellationToken) => new(
            Interlocked.Increment(ref _calls) > calls ? CallAllowance.Refuse("The key's budget for today is used up.")
            : maxOutput is { } most ? CallAllowance.AtMost(most)
            : CallAllowance.Unbounded);

        public void Settle(CallInfo info, CallUsage usage) => Settled.Enqueue(usage);
    }

    /// <summary>Holds what a call may use at most until it is over.</summary>
    private sealed class Shared(long cap, int output, int input) : ICallBudget
    {
        private readonly Lock _gate = new();
        private long _held;

        public long Spent { get; private set; }

        public ValueTask<CallAllowance> AskAsync(CallInfo info, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                if (Spent + _held + output + input > cap)
                {
                    return new(CallAllowance.Refuse("The key's budget is used up."));
                }

                _held += output + input;
                return new(CallAllowance.AtMost(output));
            }
        }

        public void Settle(CallInfo info, CallUsage usage)
        {
            lock (_gate)
            {
                _held -= output + input;
                Spent += usage.InputTokens + usage.OutputTokens;
            }
        }
    }

    private sealed class Broken : ICallBudget
    {
        public ValueTask<CallAllowance> AskAsync(CallInfo info, CancellationToken cancellationToken) => throw new InvalidOperationException("the database is away");

        public void Settle(CallInfo info, CallUsage usage)
        {
        }
    }
}
