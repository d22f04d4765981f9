using Pilotlight.Core.Nodes;

namespace Pilotlight.Core.Tests.Nodes;

public sealed class PlacementPolicyTests
{
    private static readonly int[] s_nothing = [0, 0, 0];

    [Fact]
    public void A_thread_goes_to_the_node_that_has_its_process() =>
        Assert.Equal(2, Choose([Node(parked: 9), Node(parked: 9), Node(parked: 0, hot: "thr_1")], s_nothing));

    [Fact]
    public void Without_one_it_goes_where_a_process_is_parked_and_most_room_is() =>
        Assert.Equal(1, Choose([Node(parked: 0), Node(parked: 1, leased: 3), Node(parked: 2, leased: 6)], s_nothing));

    [Fact]
    public void A_node_that_parks_more_than_the_others_is_not_given_everything()
    {
        // It is full of conversations, which it would have to end for more.
        Assert.Equal(1, Choose([Node(parked: 4, leased: 15), Node(parked: 2, leased: 1), Node(parked: 2, leased: 2)], s_nothing));
    }

    [Fact]
    public void Those_that_choose_at_the_same_moment_among_many_nodes_do_not_all_choose_the_same()
    {
        var nodes = Enumerable.Range(1, 100).Select(epoch => Node(parked: 2, leased: epoch == 50 ? 0 : 5) with { Epoch = epoch }).ToArray();
        var chosen = Enumerable.Range(0, 200).Select(number => PlacementPolicy.Choose(nodes, new int[nodes.Length], $"thr_{number:x32}", "chat")!.Value).CountBy(at => at).ToArray();

        Assert.True(chosen.Length > 50, $"Only {chosen.Length} nodes of 100 were chosen.");
        Assert.All(chosen, node => Assert.InRange(node.Value, 1, 30));
    }

    [Fact]
    public void Where_the_few_that_a_thread_is_shown_have_nothing_parked_another_has_it()
    {
        var nodes = Enumerable.Range(1, 100).Select(epoch => Node(parked: epoch == 50 ? 1 : 0) with { Epoch = epoch }).ToArray();

        Assert.Equal(49, Choose(nodes, new int[nodes.Length]));
    }

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
