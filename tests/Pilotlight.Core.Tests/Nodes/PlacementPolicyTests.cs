using Pilotlight.Core.Nodes;

namespace Pilotlight.Core.Tests.Nodes;

public sealed class PlacementPolicyTests
{
    private static readonly int[] s_nothing = [0, 0, 0];

    [Fact]
    public void A_thread_goes_to_the_node_that_has_its_process() =>
        Assert.Equal(2, Choose([Node(parked: 9), Node(parked: 9), Node(parked: 0, hot: "thr_1")], s_nothing));

    [Fact]
    public void Without_one_it_goes_where_most_processes_are_parked() => Assert.Equal(1, Choose([Node(parked: 1), Node(parked: 3), Node(parked: 2)], s_nothing));

    [Fact]
    public void Only_processes_of_its_profile_count() =>
        Assert.Equal(0, Choose([Node(parked: 1), Node(parked: 5, profile: "agent"), Node(parked: 0)], s_nothing));

    [Fact]
    public void Of_equals_the_one_with_more_room_has_it_then_the_one_that_was_asked()
    {
        Assert.Equal(1, Choose([Node(parked: 1, leased: 5), Node(parked: 1, leased: 2), Node(parked: 1, leased: 3)], s_nothing));
        Assert.Equal(0, Choose([Node(parked: 1), Node(parked: 1), Node(parked: 1)], s_nothing));
    }

    [Fact]
    public void Many_at_once_are_spread_before_any_node_has_told_of_them()
    {
        var given = new int[3];
        for (var thread = 0; thread < 30; thread++)
        {
            given[Choose([Node(parked: 2), Node(parked: 2), Node(parked: 2)], given)!.Value]++;
        }

        Assert.Equal([10, 10, 10], given);
    }

    [Fact]
    public void A_node_that_stops_gets_nothing_not_even_what_it_has() =>
        Assert.Equal(1, Choose([Node(parked: 9, hot: "thr_1") with { State = "draining" }, Node(parked: 0), Node(parked: 0, leased: 3)], s_nothing));

    [Fact]
    public void Where_no_node_has_room_none_is_chosen() => Assert.Null(Choose([Node(parked: 0, leased: 20), Node(parked: 0, leased: 20)], s_nothing));

    private static int? Choose(IReadOnlyList<NodeState> nodes, int[] given) => PlacementPolicy.Choose(nodes, given, "thr_1", "chat");

    private static NodeState Node(int parked, int leased = 0, string profile = "chat", string? hot = null) => new(
        "node", "active", "", DateTimeOffset.UnixEpoch, 0,
        [new NodeProfile(profile, parked, 0, leased, 0, 2, 4, 0, 0, "ready", null)], hot is null ? [] : [hot])
    {
        MaxProcesses = 20,
    };
}
