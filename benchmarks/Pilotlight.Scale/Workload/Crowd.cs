using Pilotlight.Scale.Nodes;

namespace Pilotlight.Scale.Workload;

/// <summary>All conversations: how they begin, go on and end.</summary>
internal sealed class Crowd(Scenario scenario, VirtualTime time, People people)
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_past = TimeSpan.FromMinutes(40);

    private readonly double _perSecond = scenario.Nodes * scenario.TurnsPerNode / People.TurnsOnAverage;

    /// <summary>Conversations that have begun, the earlier ones included.</summary>
    public int Begun { get; private set; }

    /// <summary>Those of which a turn runs or is to come.</summary>
    public int Open { get; private set; }

    /// <summary>Those that have had all their turns.</summary>
    public int Over { get; private set; }

    /// <summary>From now on conversations begin.</summary>
    public void Begin(Action<Conversation> ask)
    {
        for (var come = Come(time.Now); come > 0; come--)
        {
            var conversation = New();
            time.After(people.Within(s_second), () => ask(conversation));
        }

        time.After(s_second, () => Begin(ask));
    }

    /// <summary>The time before the first moment: who asked in it has a process on some node, and asks again when he has thought.</summary>
    public void BringPast(Cluster cluster, Action<Conversation> ask)
    {
        var hot = cluster.Nodes.ToDictionary(node => node, _ => new List<(TimeSpan At, Conversation Conversation)>());
        for (var second = scenario.Pattern.HasPast ? -s_past : TimeSpan.Zero; second < TimeSpan.Zero; second += s_second)
        {
            for (var come = Come(second); come > 0; come--)
            {
                var conversation = New();
                var last = Live(conversation, second, ask);
                if (last < TimeSpan.Zero && last > -scenario.Size.Sessions.IdleTimeout)
                {
                    hot[cluster.Any()].Add((last, conversation));
                }
            }
        }

        foreach (var (node, conversations) in hot)
        {
            Settle(node, [.. conversations.OrderBy(one => one.At).TakeLast(scenario.Size.Sessions.MaxHot)]);
        }
    }

    /// <summary>How long the answer to a turn comes.</summary>
    public TimeSpan Answer() => people.Answer();

    /// <summary>A turn has ended as it should: another follows when its answer was thought about, or none.</summary>
    public void Heard(Conversation conversation, Action<Conversation> ask)
    {
        conversation.Left--;
        conversation.Heard++;
        if (conversation.Left > 0)
        {
            time.After(people.Thought(), () => ask(conversation));
        }
        else
        {
            End();
        }
    }

    private int Come(TimeSpan at) => people.Come(_perSecond * scenario.Pattern.At(at));

    private Conversation New()
    {
        Open++;
        return new Conversation(Begun++, people.Turns());
    }

    private void End() => (Open, Over) = (Open - 1, Over + 1);

    // The turns up to the first moment, and the one after it; returns when the last of them ended.
    private TimeSpan Live(Conversation conversation, TimeSpan began, Action<Conversation> ask)
    {
        var (next, last) = (began, TimeSpan.MinValue);
        while (next < TimeSpan.Zero && conversation.Left > 0)
        {
            last = next + Costs.Model + people.Answer();
            conversation.Left--;
            conversation.Heard++;
            next = last + people.Thought();
        }

        if (conversation.Left > 0)
        {
            time.At(next, () => ask(conversation));
        }
        else
        {
            End();
        }

        return last;
    }

    private void Settle(Node node, (TimeSpan At, Conversation Conversation)[] conversations)
    {
        node.Pool.Begin(scenario.Size.Pool.MinIdle, conversations.Length);
        foreach (var (at, conversation) in conversations)
        {
            var session = node.Hot.Add(conversation, node);
            session.HasRun = true;
            (conversation.Owner, conversation.LastNode, conversation.OwnerUsedAt) = (node, node, at);
            node.Hot.Keep(session, at);
        }
    }
}
