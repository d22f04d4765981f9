using Microsoft.Extensions.Time.Testing;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Tests;

/// <summary>Which upstream is asked, and when.</summary>
public sealed class BreakerTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_upstream_rests_for_as_long_as_it_says()
    {
        var breaker = new CircuitBreaker(_time);

        breaker.Fail("m", TimeSpan.FromSeconds(7));

        Assert.Equal(_time.GetUtcNow().AddSeconds(7), breaker.RestsUntil("m"));
        Assert.Null(breaker.RestsUntil("another model"));
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Null(breaker.RestsUntil("m"));
    }

    [Fact]
    public void A_rest_that_nobody_named_doubles_with_each_fault_in_a_row_up_to_a_minute()
    {
        var breaker = new CircuitBreaker(_time);
        var rests = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            breaker.Fail(null, null);
            rests.Add((breaker.RestsUntil("any")!.Value - _time.GetUtcNow()).TotalSeconds);
        }

        Assert.Equal([5, 10, 20, 40, 60, 60], rests);
        breaker.Succeed("any");
        Assert.Null(breaker.RestsUntil("any"));
        breaker.Fail(null, null);
        Assert.Equal(_time.GetUtcNow().AddSeconds(5), breaker.RestsUntil("any"));
    }

    [Fact]
    public void Rested_ones_go_first_by_priority_and_equal_ones_take_turns()
    {
        var set = Set(("a", 0), ("b", 0), ("c", 1));

        var firsts = Enumerable.Range(0, 4).Select(_ => set.For("m", false)[0].Name).ToList();
        Assert.Equal(2, firsts.Count(name => name == "a"));
        Assert.Equal(2, firsts.Count(name => name == "b"));

        set.All[0].Breaker.Fail("m", TimeSpan.FromSeconds(30));
        set.All[1].Breaker.Fail(null, TimeSpan.FromSeconds(10));
        Assert.Equal(["c", "b", "a"], set.For("m", false).Select(upstream => upstream.Name));
        Assert.Equal("a", set.For("another", false)[0].Name);
    }

    [Fact]
    public void A_sign_in_goes_to_an_upstream_without_a_key_and_a_key_is_nobody_elses()
    {
        var options = new[] { new UpstreamOptions { Name = "own" }, new UpstreamOptions { Name = "keyed", ApiKey = "k" } };
        var set = new UpstreamSet([.. options.Select(one => UpstreamFactory.Create(one, _time))]);

        Assert.Equal(["own"], set.For("m", isSignedIn: true).Select(upstream => upstream.Name));
        Assert.Equal(["keyed"], set.For("m", isSignedIn: false).Select(upstream => upstream.Name));
    }

    private UpstreamSet Set(params (string Name, int Priority)[] all) => new(
        [.. all.Select(one => UpstreamFactory.Create(new UpstreamOptions { Name = one.Name, Priority = one.Priority, ApiKey = "k" }, _time))]);
}
