using Pilotlight.Scale.Nodes;

namespace Pilotlight.Scale;

/// <summary>What happened in a run, from a moment on.</summary>
internal sealed class Tally
{
    private readonly List<float> _waits = [];
    private float[]? _sorted;

    /// <summary>Turns whose first token has come, by what their conversation had.</summary>
    public long Hot { get; private set; }

    /// <summary>On a process that was made ready ahead.</summary>
    public long Ready { get; private set; }

    /// <summary>On a parked process.</summary>
    public long Warm { get; private set; }

    /// <summary>After the wait for a start.</summary>
    public long Cold { get; private set; }

    /// <summary>Turns that ran elsewhere than the one before them.</summary>
    public long Moved { get; set; }

    /// <summary>Of those, the ones that left a live process behind.</summary>
    public long MovedFromHot { get; set; }

    /// <summary>Turns that had a live process on some node when they were asked.</summary>
    public long HadHot { get; set; }

    /// <summary>Turns that were handed to another node than the one asked.</summary>
    public long HandedOver { get; set; }

    /// <summary>Turns that ended with their node.</summary>
    public long Interrupted { get; set; }

    /// <summary>Turns that no process could be had for in time, or no place.</summary>
    public long Refused { get; set; }

    /// <summary>Conversations that were made ready on another node when theirs stopped.</summary>
    public long MadeReady { get; set; }

    /// <summary>Processes that were started.</summary>
    public long Starts { get; set; }

    /// <summary>Seconds in which answers came, all turns together.</summary>
    public double StreamedSeconds { get; private set; }

    /// <summary>Seconds that were looked at.</summary>
    public double Seconds { get; set; }

    /// <summary>What nodes were like, a look every few seconds.</summary>
    public Samples MiB { get; } = new();

    /// <summary>Processes of a node.</summary>
    public Samples Processes { get; } = new();

    /// <summary>Conversations of a node that have a process.</summary>
    public Samples HotOfNode { get; } = new();

    /// <summary>Turns that ran at the same time on a node.</summary>
    public Samples Running { get; } = new();

    public long Turns => Hot + Ready + Warm + Cold;

    public double TurnsPerSecond => Turns / Seconds;

    /// <summary>The wait for the first token without the model's own, in milliseconds.</summary>
    public double Wait(double quantile)
    {
        _sorted ??= [.. _waits.Order()];
        return _sorted.Length == 0 ? 0 : _sorted[Math.Max(0, (int)Math.Ceiling(_sorted.Length * quantile) - 1)];
    }

    /// <summary>A first token has come, after such a wait; the answer comes for so long.</summary>
    public void Heard(HowItRan how, TimeSpan wait, TimeSpan answer)
    {
        StreamedSeconds += answer.TotalSeconds;
        switch (how)
        {
            case HowItRan.Hot:
                Hot++;
                break;
            case HowItRan.Ready:
                Ready++;
                break;
            case HowItRan.Warm:
                Warm++;
                break;
            default:
                Cold++;
                break;
        }

        _waits.Add((float)wait.TotalMilliseconds);
    }

    /// <summary>Looks at a node.</summary>
    public void Look(Node node)
    {
        MiB.Add(node.MiB);
        Processes.Add(node.Pool.Up);
        HotOfNode.Add(node.Hot.Count);
        Running.Add(node.Running.Count);
    }
}

/// <summary>What a turn's conversation had when it ran.</summary>
internal enum HowItRan
{
    Hot,
    Ready,
    Warm,
    Cold,
}

/// <summary>Mean and largest of what was seen.</summary>
internal sealed class Samples
{
    private double _sum;
    private long _count;

    public double Mean => _count == 0 ? 0 : _sum / _count;

    public double Max { get; private set; }

    public void Add(double value)
    {
        _sum += value;
        _count++;
        Max = Math.Max(Max, value);
    }
}
