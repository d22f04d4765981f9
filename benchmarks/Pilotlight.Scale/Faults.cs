using Pilotlight.Scale.Nodes;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale;

/// <summary>Nodes that go: by themselves, many at once, or one after the other in order.</summary>
internal sealed class Faults
{
    // RelayOptions.DrainTimeout.
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(30);

    // Until what was stopped serves again; after a crash a reboot comes first.
    private static readonly TimeSpan s_restart = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_reboot = TimeSpan.FromMinutes(5);

    private readonly Scenario _scenario;
    private readonly Cluster _cluster;
    private readonly Turns _turns;
    private readonly VirtualTime _time;
    private readonly Random _random;

    public Faults(Scenario scenario, Cluster cluster, Turns turns, VirtualTime time, Random random)
    {
        (_scenario, _cluster, _turns, _time, _random) = (scenario, cluster, turns, time, random);
        turns.Ended += node =>
        {
            if (node.IsDraining)
            {
                HandOver(node);
            }
        };
    }

    /// <summary>From now on nodes go as the scenario says.</summary>
    public void Begin()
    {
        if (_scenario.Crash is { } crash)
        {
            _time.At(crash.At, () => Crash(crash.Nodes));
        }

        if (_scenario.Restart is { } restart)
        {
            _time.At(restart.At, () => RestartFrom(0, restart.AtOnce));
        }

        CrashNowAndThen();
    }

    private void CrashNowAndThen()
    {
        var wait = _scenario.CrashEvery / _cluster.Nodes.Count * -Math.Log(1 - _random.NextDouble());
        _time.After(wait, () =>
        {
            Crash(1);
            CrashNowAndThen();
        });
    }

    private void Crash(int count)
    {
        var there = _cluster.Nodes.Where(node => !node.IsGone).ToArray();
        _random.Shuffle(there);
        foreach (var node in there.Take(count))
        {
            // It is declared dead after one to two seconds.
            End(node, TimeSpan.FromSeconds(1 + _random.NextDouble()), s_reboot);
        }
    }

    private void RestartFrom(int place, int atOnce)
    {
        var stopped = _cluster.Nodes.Skip(place).Take(atOnce).Where(node => !node.IsGone).ToArray();
        foreach (var node in stopped)
        {
            Drain(node);
        }

        if (place + atOnce < _cluster.Nodes.Count)
        {
            GoOnAfter(place, atOnce);
        }
    }

    // The next ones stop when those before them serve again.
    private void GoOnAfter(int place, int atOnce) => _time.After(TimeSpan.FromSeconds(1), () =>
    {
        if (_cluster.Nodes.Skip(place).Take(atOnce).All(node => node.IsOpen))
        {
            RestartFrom(place + atOnce, atOnce);
        }
        else
        {
            GoOnAfter(place, atOnce);
        }
    });

    private void Drain(Node node)
    {
        node.IsDraining = true;
        node.Tell(_time.Now);
        HandOver(node);
        _time.After(s_drain, () => Stop(node));
    }

    // As HandOver has it: threads that are idle are made ready elsewhere, the others as their turns end; then it stops.
    private void HandOver(Node node)
    {
        foreach (var session in node.Hot.Silent.ToArray())
        {
            var conversation = session.Conversation;
            node.Hot.End(session);
            conversation.Owner = _cluster.Placement.Choose(node, conversation);
            if (conversation.Owner is { } next)
            {
                conversation.OwnerUsedAt = _time.Now;
                MakeReady(next, conversation);
            }
        }

        if (node.Running.Count == 0)
        {
            Stop(node);
        }
    }

    private void MakeReady(Node node, Conversation conversation)
    {
        if (node.IsGone || node.Hot.Has(conversation))
        {
            return;
        }

        var heard = conversation.Heard;
        node.Acquire(how =>
        {
            if (node.IsGone || how == Acquired.Rejected)
            {
                return;
            }

            node.Processor.Run(Costs.MakeReady, () =>
            {
                // Who asked meanwhile has another process.
                if (node.Hot.Has(conversation) || conversation.Heard != heard)
                {
                    node.Pool.End();
                    return;
                }

                node.Hot.Keep(node.Hot.Add(conversation, node), _time.Now);
                _cluster.Tally.MadeReady++;
            });
        });
    }

    private void Stop(Node node)
    {
        if (!node.IsGone)
        {
            End(node, TimeSpan.Zero, s_restart);
        }
    }

    private void End(Node node, TimeSpan knownAfter, TimeSpan awayFor)
    {
        foreach (var turn in _cluster.End(node, knownAfter, awayFor))
        {
            _turns.Interrupt(turn);
        }
    }
}
