using Pilotlight.Scale.Nodes;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale;

/// <summary>The way of a turn, from the balancer to its end.</summary>
/// <remarks>
/// As <c>ClusterTurns</c> has it: any node is asked; that one runs it where it has the conversation's process, else asks the node that has the conversation's grain, else the one that the
/// placement chooses; who gets no answer within two seconds, or a refusal, runs it itself.
/// </remarks>
internal sealed class Turns(Cluster cluster, Crowd crowd, VirtualTime time)
{
    // ClusterTurns.BeginPatience.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // HandOver.IdleAfter and half of LookEvery: so long a conversation without a process keeps its node.
    private static readonly TimeSpan s_letGoAfter = TimeSpan.FromSeconds(32.5);

    // People whose turn was broken off, or refused, ask once more.
    private static readonly TimeSpan s_askAgain = TimeSpan.FromSeconds(5);

    /// <summary>A turn has ended on a node.</summary>
    public event Action<Node>? Ended;

    /// <summary>Somebody asks.</summary>
    public void Ask(Conversation conversation)
    {
        if (cluster.Balance() is not { } asked)
        {
            AskAgain(conversation);
            return;
        }

        var turn = new Turn(conversation, time.Now);
        cluster.Tally.HadHot += conversation.IsHotAnywhere ? 1 : 0;
        if (asked.Hot.Has(conversation) || !cluster.Placement.KnowsOthers(asked) || cluster.Placement.Choose(asked, conversation) is not { } chosen)
        {
            RunAt(asked, turn, asked);
            return;
        }

        // What was chosen holds where the conversation has no node yet.
        var target = conversation.Owner = OwnerOf(conversation) ?? chosen;
        conversation.OwnerUsedAt = time.Now;
        if (target == asked)
        {
            RunAt(asked, turn, asked);
        }
        else if (target.IsGone)
        {
            // Nobody answers: until it is known to be gone, or patience ends.
            var left = target.KnownGoneAt - time.Now;
            time.After(left < s_patience ? left : s_patience, () => RunAt(asked, turn, asked));
        }
        else
        {
            time.After(Costs.Hop, () => RunAt(target, turn, asked));
        }
    }

    /// <summary>A turn's node is gone.</summary>
    public void Interrupt(Turn turn)
    {
        cluster.Tally.Interrupted++;
        AskAgain(turn.Conversation);
    }

    private Node? OwnerOf(Conversation conversation) => conversation.Owner switch
    {
        null => null,
        { IsGone: true } gone => time.Now < gone.KnownGoneAt ? gone : null,
        var owner => owner.Hot.Has(conversation) || time.Now - conversation.OwnerUsedAt <= s_letGoAfter ? owner : null,
    };

    private void AskAgain(Conversation conversation) => time.After(s_askAgain, () => Ask(conversation));

    private void Refuse(Turn turn)
    {
        cluster.Tally.Refused++;
        AskAgain(turn.Conversation);
    }

    private void RunAt(Node node, Turn turn, Node asked)
    {
        if (node.IsGone && node == asked)
        {
            Interrupt(turn);
        }
        else if (node.IsGone)
        {
            time.After(s_patience, () => RunAt(asked, turn, asked));
        }
        else if (!node.IsDraining && node.Running.Count < node.MaxRunning)
        {
            Begin(node, turn, asked);
        }
        else if (node != asked)
        {
            time.After(Costs.Hop, () => RunAt(asked, turn, asked));
        }
        else
        {
            Refuse(turn);
        }
    }

    private void Begin(Node node, Turn turn, Node asked)
    {
        var conversation = turn.Conversation;
        cluster.Tally.HandedOver += node == asked ? 0 : 1;
        cluster.Tally.Moved += conversation.LastNode is { } last && last != node ? 1 : 0;
        conversation.LastNode = node;
        node.Running.Add(turn);
        if (node.Hot.TryEnter(conversation) is { } session)
        {
            Speak(node, turn, session, session.HasRun ? HowItRan.Hot : HowItRan.Ready);
            return;
        }

        cluster.Tally.MovedFromHot += conversation.IsHotAnywhere ? 1 : 0;
        node.Acquire(how =>
        {
            if (node.IsGone)
            {
                return; // It was interrupted with its node.
            }

            if (how == Acquired.Rejected)
            {
                node.Running.Remove(turn);
                Refuse(turn);
                return;
            }

            Speak(node, turn, node.Hot.Add(conversation, node), how == Acquired.Warm ? HowItRan.Warm : HowItRan.Cold);
        });
    }

    private void Speak(Node node, Turn turn, HotSession session, HowItRan how)
    {
        var answer = crowd.Answer();
        node.Processor.Run(Costs.Of(how), () =>
        {
            // Here its first token would have come, if the model took no time.
            cluster.Tally.Heard(how, time.Now - turn.AskedAt, answer);
            turn.IsStreaming = true;
            node.Load();
            time.After(Costs.Model + answer, () => End(node, turn, session));
        });
    }

    private void End(Node node, Turn turn, HotSession session)
    {
        if (node.IsGone)
        {
            return; // It was interrupted with its node.
        }

        node.Running.Remove(turn);
        crowd.Heard(turn.Conversation, Ask);
        (session.HasRun, session.Heard) = (true, turn.Conversation.Heard);
        node.Hot.Keep(session, time.Now);
        node.Load();
        Ended?.Invoke(node);
    }
}
