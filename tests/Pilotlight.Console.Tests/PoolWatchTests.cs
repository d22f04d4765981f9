using Microsoft.Extensions.Time.Testing;
using Pilotlight.Core.Nodes;
using Pilotlight.Processes;
using Pilotlight.WebConsole.Pool;

namespace Pilotlight.Console.Tests;

/// <summary>One look at the pool serves all pages, and none is taken for nobody.</summary>
public sealed class PoolWatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private int _looks;
    private int _parked;
    private IReadOnlyList<NodeState> _nodes = [Node("one", "active", 2)];

    [Fact]
    public void Fifty_pages_share_one_look_a_second_and_without_a_page_there_is_none()
    {
        using var watch = Create();
        var pages = Enumerable.Range(0, 50).Select(_ => watch.Watch(() => { })).ToArray();
        _time.Advance(Second);
        var before = _looks;

        _time.Advance(Second);
        _time.Advance(Second);
        Assert.Equal(2, _looks - before);

        Assert.All(pages, page => page.Dispose());
        Assert.Equal(0, watch.Watchers);
        before = _looks;
        _time.Advance(Second * 10);
        Assert.Equal(before, _looks);

        using var again = watch.Watch(() => { });
        _time.Advance(Second);
        Assert.True(_looks > before);
    }

    [Fact]
    public void A_page_is_told_of_a_change_at_once_and_of_no_change_only_now_and_then()
    {
        using var watch = Create();
        var told = 0;
        using var page = watch.Watch(() => told++);
        _time.Advance(Second);
        _time.Advance(Second);
        told = 0;

        _parked++;
        _time.Advance(Second);
        Assert.Equal(1, told);
        _time.Advance(Second);
        Assert.Equal(1, told);
    }

    [Fact]
    public void Nodes_are_shown_where_there_are_several_and_a_page_is_told_of_what_changes_on_any()
    {
        using var watch = Create();
        var told = 0;
        using var page = watch.Watch(() => told++);
        _time.Advance(Second);
        Assert.Empty(watch.Last!.Nodes);

        _nodes = [Node("one", "active", 2), Node("two", "active", 1)];
        _time.Advance(Second);
        Assert.Equal(["alive", "alive"], watch.Last.Nodes.Select(node => node.State));
        Assert.Equal((1, 1, 1, 1, 28, true), watch.Last.Nodes[1] is var two ? (two.Parked, two.Starting, two.Working, two.Hot, two.Free, two.IsAlive) : default);

        // What another node tells is read anew each time, and mostly says the same.
        told = 0;
        _nodes = [Node("one", "active", 2), Node("two", "active", 1)];
        _time.Advance(Second);
        Assert.Equal(0, told);

        _nodes = [Node("one", "draining", 2), Node("two", "silent", 1)];
        _time.Advance(Second);
        Assert.Equal(1, told);
        Assert.Equal(["going", "silent"], watch.Last.Nodes.Select(node => node.State));
    }

    [Fact]
    public void A_ring_keeps_the_latest_points_in_order()
    {
        var ring = new LatencyRing(capacity: 3);
        for (var value = 1; value <= 5; value++)
        {
            ring.Add(new LatencyPoint(DateTimeOffset.UnixEpoch, value, "warm"));
        }

        Assert.Equal([3, 4, 5], ring.Read().Select(point => point.Milliseconds));
    }

    [Fact]
    public void Points_lie_by_powers_of_ten_the_latest_to_the_right()
    {
        var now = DateTimeOffset.UnixEpoch.AddMinutes(10);
        var scale = new LatencyScale([new(now.AddMinutes(-10), 1, "warm"), new(now, 100, "cold")], now);

        Assert.Equal((0, 1), (scale.X(now.AddMinutes(-10)), scale.X(now)));
        Assert.True(scale.Y(1) > scale.Y(10));
        Assert.Equal(scale.Y(1) - scale.Y(10), scale.Y(10) - scale.Y(100), 6);
    }

    private static NodeState Node(string name, string state, int parked) => new(
        name, state, "10.0.0.1:11111", DateTimeOffset.UnixEpoch, 1, [new NodeProfile("chat", parked, 1, 2, 1, 2, 8, 5, 0, "ready", null)], ["thr_1"]) { MaxProcesses = 32 };

    private PoolWatch Create() => new(
        _ =>
        {
            _looks++;
            return (new PoolSnapshot([new ProfileSnapshot { Name = "chat", Parked = _parked, Target = 2, Max = 8 }], 32), []);
        },
        () => _nodes,
        _time);
}
