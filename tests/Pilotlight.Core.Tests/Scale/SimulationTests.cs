using Pilotlight.Core.Nodes;
using Pilotlight.Scale;
using Pilotlight.Scale.Nodes;
using Pilotlight.Scale.Report;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Core.Tests.Scale;

public sealed class SimulationTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void The_same_seed_is_the_same_run_and_another_seed_another()
    {
        var scenario = new Scenario { Nodes = 5, Length = s_minute * 5, Pattern = new RecordedHour(), Crash = (s_minute * 2, 1) };

        Assert.Equal(Table(scenario, 1), Table(scenario, 1));
        Assert.NotEqual(Table(scenario, 1), Table(scenario, 2));
    }

    [Fact]
    public void Every_conversation_has_all_its_turns_although_nodes_crash_and_are_restarted()
    {
        var run = Simulation.Run(
            new Scenario
            {
                Nodes = 6,
                Length = TimeSpan.FromHours(12),
                CountFrom = TimeSpan.Zero,
                Pattern = new Until(s_minute * 20),
                CrashEvery = s_minute * 20,
                Restart = (s_minute * 3, 1),
            },
            seed: 7);

        Assert.True(run.Tally.Interrupted > 0, "No turn was broken off, so the run shows nothing.");
        Assert.True(run.Tally.MadeReady > 0, "No conversation was handed over, so the run shows nothing.");
        Assert.True(run.Crowd.Begun > 100);
        Assert.Equal((run.Crowd.Begun, 0), (run.Crowd.Over, run.Crowd.Open));
        Assert.All(run.Nodes, node => Assert.Empty(node.Running));
        Assert.All(run.Nodes, node => Assert.Equal(0, node.Pool.Leased - node.Hot.Count));
    }

    [Fact]
    public void Nobody_is_interrupted_or_refused_by_restarts_in_order()
    {
        var run = Simulation.Run(
            new Scenario { Nodes = 10, Length = s_minute * 12, CrashEvery = TimeSpan.FromDays(10_000), Restart = (s_minute * 2, 1) }, seed: 3);

        Assert.True(run.Tally.MadeReady > 100);
        Assert.Equal((0, 0), (run.Tally.Interrupted, run.Tally.Refused));
    }

    [Fact]
    public void A_node_alone_is_asked_for_all_and_chooses_nothing()
    {
        var run = Simulation.Run(new Scenario { Nodes = 1, Length = s_minute * 10 }, seed: 3);

        Assert.True(run.Tally.Hot > 50);
        Assert.Equal((0, 0, 0), (run.Choices, run.Tally.Moved, run.Tally.HandedOver));
        Assert.Equal(run.Tally.HadHot, run.Tally.Hot);
    }

    [Fact]
    public void In_a_quiet_cluster_each_turn_finds_its_process()
    {
        var run = Simulation.Run(new Scenario { Nodes = 10, Length = s_minute * 10, TurnsPerNode = 0.1 }, seed: 3);

        Assert.Equal(run.Tally.HadHot, run.Tally.Hot);
        Assert.Equal(0, run.Tally.MovedFromHot);
    }

    [Fact]
    public void What_one_node_is_asked_in_a_burst_is_spread_before_others_have_told_of_it()
    {
        var (time, nodes) = Nodes(10, parked: 2);
        var placement = new Placement(nodes, time);
        var chosen = Enumerable.Range(0, 50).Select(number => placement.Choose(nodes[4], new Conversation(number, 1))!.Place).CountBy(place => place).ToArray();

        Assert.Equal(10, chosen.Length);
        Assert.All(chosen, place => Assert.InRange(place.Value, 2, 9));
    }

    [Fact]
    public void Bursts_at_many_nodes_by_the_same_old_news_do_not_all_meet_at_the_emptiest()
    {
        var (time, nodes) = Nodes(40, parked: 2);
        foreach (var node in nodes.Where(node => node.Place != 11))
        {
            node.Pool.Begin(2, 10);
            node.Tell(time.Now);
        }

        var placement = new Placement(nodes, time);
        var chosen = nodes.Select((node, number) => placement.Choose(node, new Conversation(number, 1))!.Place).CountBy(place => place);

        Assert.InRange(chosen.Max(place => place.Value), 1, 15);
    }

    [Fact]
    public void Conversations_are_spread_over_all_nodes_and_keep_their_processes()
    {
        var run = Simulation.Run(new Scenario { Nodes = 50, Length = s_minute * 10 }, seed: 3);

        Assert.True(run.Tally.HotOfNode.Max < 2 * run.Tally.HotOfNode.Mean, $"A node had {run.Tally.HotOfNode.Max} conversations, the mean is {run.Tally.HotOfNode.Mean:0}.");
        Assert.True(run.Tally.Hot > 0.7 * run.Tally.Turns, $"{run.Tally.Hot} of {run.Tally.Turns} turns were hot.");
    }

    [Fact]
    public void Shown_one_conversation_alone_the_policy_answers_as_when_it_is_shown_all()
    {
        var (time, nodes) = Nodes(6, parked: 2);
        var random = new Random(5);
        var conversations = Enumerable.Range(0, 60).Select(number => new Conversation(number, 3)).ToArray();
        foreach (var conversation in conversations.Take(40))
        {
            var node = nodes[random.Next(1, nodes.Count)]; // Of one that it has itself no node asks.
            node.Hot.Keep(node.Hot.Add(conversation, node), time.Now);
        }

        time.RunUntil(TimeSpan.FromSeconds(1));
        foreach (var node in nodes)
        {
            node.Tell(time.Now);
        }

        foreach (var conversation in conversations)
        {
            var whole = nodes.Select(node => node.Told with { Hot = [.. conversations.Where(one => one.ToldHot.Contains(node)).Select(one => one.Id)] }).ToArray();
            var expected = PlacementPolicy.Choose(whole, new int[nodes.Count], conversation.Id, "chat");

            Assert.Equal(expected, new Placement(nodes, time).Choose(nodes[0], conversation)?.Place);
            time.RunUntil(time.Now + TimeSpan.FromSeconds(1.5)); // What was given is forgotten.
            foreach (var node in nodes)
            {
                node.Tell(time.Now);
            }
        }
    }

    [Fact]
    public void More_conversations_than_a_node_may_keep_give_up_the_one_unused_for_longest()
    {
        var run = Simulation.Run(
            new Scenario { Nodes = 2, Length = s_minute * 10, TurnsPerNode = 0.5, Size = Scenario.Machine(sessions: one => one.MaxHot = 8) }, seed: 3);

        Assert.InRange(run.Tally.HotOfNode.Max, 8, 20);
        Assert.InRange(run.Tally.HotOfNode.Mean, 6, 9);
        Assert.True(run.Tally.Hot < run.Tally.Turns / 2);
    }

    [Fact]
    public void What_nodes_say_to_each_other_grows_with_the_square_of_their_number()
    {
        Assert.Equal(2 * 10 * 9, new BetweenNodes(10, 0, 0, 0).Pulses);
        Assert.Equal(2 * 1000 * 999, new BetweenNodes(1000, 0, 0, 0).Pulses);
        Assert.InRange(new BetweenNodes(10, 0, 0, 60).PulseBytes - new BetweenNodes(10, 0, 0, 10).PulseBytes, 50 * 39, 50 * 41);
    }

    private static (VirtualTime Time, List<Node> Nodes) Nodes(int count, int parked)
    {
        var time = new VirtualTime();
        var nodes = Enumerable.Range(0, count).Select(place => new Node(place, Scenario.Machine(), time, place + 1)).ToList();
        foreach (var node in nodes)
        {
            node.Pool.Begin(parked, 0);
            node.Tell(time.Now);
        }

        return (time, nodes);
    }

    private static string Table(Scenario scenario, int seed)
    {
        var run = Simulation.Run(scenario, seed).Tally;
        return Tables.OfTurns("", [("", run)]) + Tables.OfNodes("", [("", run)]);
    }

    private sealed class Until(TimeSpan end) : IPattern
    {
        public bool HasPast => true;

        public double At(TimeSpan time) => time < end ? 1 : 0;
    }
}
