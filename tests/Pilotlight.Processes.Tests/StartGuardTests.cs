using Microsoft.Extensions.Time.Testing;

namespace Pilotlight.Processes.Tests;

/// <summary>When starts are tried, on fake time.</summary>
public sealed class StartGuardTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly ProcessExit Crash = new(1, "the reason", DateTimeOffset.UnixEpoch);

    private readonly FakeTimeProvider _time = new();
    private readonly StartGuard _guard;

    public StartGuardTests() => _guard = new StartGuard(
        Children.Echo(),
        new WarmPoolOptions { BreakerThreshold = 2, BackoffBase = Soon, BackoffLimit = Soon },
        _time);

    [Fact]
    public void Before_the_breaker_opens_callers_who_wait_are_worth_a_try_that_the_stock_is_not()
    {
        _guard.Breaker.Failed(new ProcessStartException("once"));

        Assert.False(_guard.MayStart(starting: 0, waiting: 0));
        Assert.True(_guard.MayStart(starting: 0, waiting: 1));
        Assert.False(_guard.MayStart(starting: 1, waiting: 1));
    }

    [Fact]
    public void An_open_breaker_refuses_with_cause_and_lets_one_probe_through_however_many_wait()
    {
        Open();
        Assert.False(_guard.MayStart(starting: 0, waiting: 5));
        Assert.Contains("the reason", _guard.Refusal?.Message, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(_guard.Refusal);
        Assert.True(_guard.MayStart(starting: 0, waiting: 5));
        Assert.False(_guard.MayStart(starting: 1, waiting: 5));
    }

    [Fact]
    public void A_death_that_was_judged_and_not_yet_counted_holds_up_the_next_start()
    {
        Open();
        _time.Advance(Soon);
        Assert.True(_guard.MayStart(starting: 0, waiting: 0));
        var warmedAt = _time.GetTimestamp();
        _guard.Look([]);
        _guard.Judging();
        _guard.Judged(warmedAt, TimeSpan.Zero, Crash);

        // The controller is between its look at the deaths and its starts.
        Assert.False(_guard.MayStart(starting: 0, waiting: 0));
        Assert.False(_guard.MayStart(starting: 0, waiting: 1));

        _guard.Look([]);
        Assert.Equal(BreakerState.Open, _guard.Breaker.State);
    }

    [Fact]
    public async Task A_parked_process_that_has_ended_and_was_not_judged_yet_holds_up_the_next_start()
    {
        using var launcher = new ProcessLauncher(new StubContainment(), TimeProvider.System);
        await using var process = await launcher.StartAsync(Children.Program("/bin/false", "ends"));
        await process.Exited;
        Open();
        _time.Advance(Soon);
        var worker = new Worker(null!, process, null, _time.GetTimestamp(), TimeSpan.FromHours(1));
        worker.TryMove(WorkerState.Starting, WorkerState.Idle);

        _guard.Look([worker]);

        Assert.False(_guard.MayStart(starting: 0, waiting: 0));
    }

    [Fact]
    public void Deaths_of_processes_started_before_the_last_failure_count_as_one()
    {
        var warmedAt = _time.GetTimestamp();
        _time.Advance(Soon);
        for (var i = 0; i < 200; i++)
        {
            _guard.Judging();
            _guard.Judged(warmedAt, Soon, Crash);
        }

        _guard.Look([]);

        Assert.Equal(BreakerState.Closed, _guard.Breaker.State);
        Assert.True(_guard.Breaker.HasFailed);
    }

    [Fact]
    public void One_that_ends_after_it_has_lived_for_a_while_is_bad_luck()
    {
        _guard.Judging();
        Assert.False(_guard.MayStart(starting: 0, waiting: 0));

        _guard.Judged(_time.GetTimestamp(), TimeSpan.FromMinutes(1), Crash);

        _guard.Look([]);
        Assert.True(_guard.MayStart(starting: 0, waiting: 0));

        Assert.False(_guard.Breaker.HasFailed);
    }

    private void Open()
    {
        for (var i = 0; i < 2; i++)
        {
            _time.Advance(Soon);
            _guard.Judging();
            _guard.Judged(_time.GetTimestamp(), TimeSpan.Zero, Crash);
            _guard.Look([]);
        }

        Assert.Equal(BreakerState.Open, _guard.Breaker.State);
    }
}
