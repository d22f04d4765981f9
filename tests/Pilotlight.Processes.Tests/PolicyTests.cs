using Microsoft.Extensions.Time.Testing;

namespace Pilotlight.Processes.Tests;

/// <summary>The pool's decisions, on fake time.</summary>
public sealed class PolicyTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_crash_loop_starts_at_most_fifteen_in_its_first_minute_and_four_in_each_after()
    {
        var random = new Random(1);
        var breaker = new CircuitBreaker(3, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(30), _time, random.NextDouble);
        var starts = new List<double>();
        for (var elapsed = TimeSpan.Zero; elapsed < TimeSpan.FromMinutes(10); elapsed += TimeSpan.FromMilliseconds(10))
        {
            if (breaker.TryEnter(starting: 0))
            {
                starts.Add(elapsed.TotalMinutes);
                breaker.Failed(new ProcessStartException("crash"));
            }

            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(starts.Count(at => at < 1), 2, 15);
        for (var minute = 1; minute < 10; minute++)
        {
            Assert.InRange(starts.Count(at => at >= minute && at < minute + 1), 1, 4);
        }
    }

    [Fact]
    public void The_breaker_opens_at_its_threshold_and_lets_one_probe_through()
    {
        var breaker = new CircuitBreaker(2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), _time, () => 1);

        breaker.Failed(new ProcessStartException("one"));
        Assert.Equal(BreakerState.Closed, breaker.State);
        breaker.Failed(new ProcessStartException("two"));
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.False(breaker.TryEnter(starting: 0));

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(breaker.TryEnter(starting: 1));
        Assert.True(breaker.TryEnter(starting: 0));
        Assert.Equal(BreakerState.HalfOpen, breaker.State);

        breaker.Succeeded();
        Assert.Equal(BreakerState.Closed, breaker.State);
        Assert.Null(breaker.Cause);
    }

    [Fact]
    public void A_missing_program_opens_the_breaker_at_once()
    {
        var breaker = new CircuitBreaker(5, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), _time, () => 1);

        breaker.Failed(new ProcessStartException("missing") { IsPermanent = true });

        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void The_target_follows_arrivals_times_warm_up_and_fades_to_the_minimum()
    {
        var demand = new DemandEstimator(_time);
        demand.WarmedUp(TimeSpan.FromSeconds(0.5));
        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            demand.Arrived(8);
        }

        // λW = 8/s · 0.5 s = 4, and 4 + 2·√4 = 8.
        Assert.InRange(demand.Target(1, 100), 8, 9);
        Assert.Equal(6, demand.Target(1, 6));

        _time.Advance(TimeSpan.FromHours(1));
        demand.Arrived(0);
        Assert.Equal(1, demand.Target(1, 100));
    }

    [Fact]
    public void Callers_that_are_expected_have_a_process_kept_for_them_until_they_come_or_for_a_minute()
    {
        var demand = new DemandEstimator(_time);

        demand.Expect(3);
        Assert.Equal((3, 2), (demand.Target(1, 100), demand.Target(1, 2)));

        demand.Arrived(1);
        _time.Advance(TimeSpan.FromSeconds(30));
        demand.Expect(1);
        Assert.Equal(3, demand.Target(1, 100));

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, demand.Target(0, 100));
        _time.Advance(TimeSpan.FromHours(1));
        demand.Arrived(0);
        Assert.Equal(0, demand.Target(0, 100));
    }

    [Fact]
    public void Profiles_are_equal_by_value_whatever_the_order_of_their_environment()
    {
        var one = new ProcessProfile
        {
            Name = "a",
            FileName = "/bin/x",
            Arguments = ["1", "2"],
            Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" },
        };
        var environment = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" };
        var other = one with { Arguments = ["1", "2"], Environment = environment };

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, other with { Arguments = ["2", "1"] });
        Assert.NotEqual(one, other with { Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "3" } });
    }

    [Fact]
    public void A_profile_shows_neither_arguments_nor_environment()
    {
        var profile = new ProcessProfile
        {
            Name = "a",
            FileName = "/bin/x",
            Arguments = ["secret-argument"],
            Environment = new Dictionary<string, string> { ["KEY"] = "secret-value" },
        };

        Assert.DoesNotContain("secret", profile.ToString(), StringComparison.Ordinal);
    }
}
