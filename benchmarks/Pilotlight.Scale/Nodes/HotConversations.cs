using Pilotlight.Claude;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale.Nodes;

/// <summary>A conversation's own process on a node.</summary>
internal sealed class HotSession(Conversation conversation, Residency residency)
{
    public Conversation Conversation => conversation;

    public Residency Residency => residency;

    /// <summary>Whether it has run a turn, and was not only made ready.</summary>
    public bool HasRun { get; set; }

    /// <summary>How many turns of the conversation it knows.</summary>
    public int Heard { get; set; }

    /// <summary>Its place among the silent ones; null while it is at work.</summary>
    public LinkedListNode<HotSession>? Silent { get; set; }

    /// <summary>When it was at work last.</summary>
    public TimeSpan LastUsedAt { get; set; }
}

/// <summary>Which conversations of a node have a process, and which of them give it up.</summary>
/// <remarks>
/// The rules of <c>HotSessions</c>, which cannot do without processes: at most <c>MaxHot</c>, of which the one unused for longest goes; each for <c>IdleTimeout</c> after its last turn;
/// who waits for a process gets the place of the one unused for longest where none can be started.
/// </remarks>
internal sealed class HotConversations(ClaudeSessionOptions options, VirtualTime time, SimulatedPool pool)
{
    private readonly Dictionary<Conversation, HotSession> _sessions = [];

    // In the order in which they were used, the one unused for longest first.
    private readonly LinkedList<HotSession> _silent = new();
    private bool _evictionIsArmed;

    public int Count => _sessions.Count;

    /// <summary>Those that are not at work, the one unused for longest first.</summary>
    public IReadOnlyCollection<HotSession> Silent => _silent;

    public bool Has(Conversation conversation) => _sessions.ContainsKey(conversation);

    /// <summary>The conversation's own process, which is at work from now on; null when it has none, or one that has missed a turn.</summary>
    public HotSession? TryEnter(Conversation conversation)
    {
        if (!_sessions.TryGetValue(conversation, out var session) || session.Silent is null)
        {
            return null;
        }

        if (session.Heard != conversation.Heard)
        {
            End(session);
            return null;
        }

        _silent.Remove(session.Silent);
        session.Silent = null;
        return session;
    }

    /// <summary>Makes place for one more, where one that is silent can go.</summary>
    public void MakeRoom()
    {
        while (Count >= Math.Max(1, options.MaxHot) && TryEndOldest())
        {
        }
    }

    /// <summary>For a caller who waits for a process.</summary>
    public void GiveWay()
    {
        if (pool.IsShort)
        {
            TryEndOldest();
        }
    }

    /// <summary>A conversation has a process, which is at work.</summary>
    public HotSession Add(Conversation conversation, Node node)
    {
        var session = new HotSession(conversation, conversation.MoveIn(node, time.Now)) { Heard = conversation.Heard };
        _sessions[conversation] = session;
        return session;
    }

    /// <summary>After a turn, or when it was made ready: it stays for the next one.</summary>
    public void Keep(HotSession session, TimeSpan usedAt)
    {
        session.LastUsedAt = usedAt;
        session.Silent = _silent.AddLast(session);
        ArmEviction();
        for (var surplus = Math.Max(_silent.Count - options.MaxHot, pool.IsShort ? 1 : 0); surplus > 0; surplus--)
        {
            TryEndOldest();
        }
    }

    /// <summary>Ends one that is silent.</summary>
    public void End(HotSession session)
    {
        _silent.Remove(session.Silent!);
        Forget(session);
        pool.End();
    }

    /// <summary>The node is gone, and all with it.</summary>
    public void Close()
    {
        foreach (var session in _sessions.Values)
        {
            session.Residency.Until = time.Now;
        }

        _sessions.Clear();
        _silent.Clear();
    }

    private bool TryEndOldest()
    {
        if (_silent.First is not { } oldest)
        {
            return false;
        }

        End(oldest.Value);
        return true;
    }

    private void Forget(HotSession session)
    {
        session.Residency.Until = time.Now;
        _sessions.Remove(session.Conversation);
    }

    private void ArmEviction()
    {
        if (!_evictionIsArmed && _silent.First is { } oldest)
        {
            _evictionIsArmed = true;
            time.At(oldest.Value.LastUsedAt + options.IdleTimeout, EvictIdle);
        }
    }

    private void EvictIdle()
    {
        _evictionIsArmed = false;
        while (_silent.First is { } oldest && time.Now - oldest.Value.LastUsedAt >= options.IdleTimeout)
        {
            TryEndOldest();
        }

        ArmEviction();
    }
}
