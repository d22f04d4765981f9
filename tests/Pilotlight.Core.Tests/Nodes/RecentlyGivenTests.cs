using Microsoft.Extensions.Time.Testing;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Core.Tests.Nodes;

public sealed class RecentlyGivenTests
{
    [Fact]
    public void What_was_given_counts_until_its_node_has_had_time_to_tell_of_it()
    {
        var time = new FakeTimeProvider();
        var given = new RecentlyGiven<string>(time);
        given.Add("a");
        time.Advance(TimeSpan.FromSeconds(0.6));
        given.Add("a");
        given.Add("b");

        Assert.Equal(new Dictionary<string, int> { ["a"] = 2, ["b"] = 1 }, given.Count());

        time.Advance(TimeSpan.FromSeconds(0.6));
        Assert.Equal(new Dictionary<string, int> { ["a"] = 1, ["b"] = 1 }, given.Count());

        time.Advance(TimeSpan.FromSeconds(0.6));
        Assert.Empty(given.Count());
    }
}
