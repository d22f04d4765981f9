namespace Pilotlight.Claude.Sessions;

/// <summary>The place of one conversation: its turns enter one at a time.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed class SessionSlot(string conversationId, long madeAt)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ClaudeSession? _session;
    private volatile bool _isForgotten;

    public string ConversationId => conversationId;

    /// <summary>The conversation's live session, if it has one.</summary>
    public ClaudeSession? Session
    {
        get => _session;
        set => _session = value;
    }

    /// <summary>When its last turn ended, as a timestamp of the sessions' clock.</summary>
    public long LastUsedAt { get; set; } = madeAt;

    /// <summary>Whether it was taken out of the table; whoever waited for it must look for another.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Whether its session is to end with the turn that is in it. Set by anybody; whoever enters it next sees to it.</summary>
    public bool IsForgotten
    {
        get => _isForgotten;
        set => _isForgotten = value;
    }

    /// <summary>Whether a turn is in it.</summary>
    public bool IsBusy => _turn.CurrentCount == 0;

    public Task EnterAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    public bool TryEnter() => _turn.Wait(0);

    public void Leave() => _turn.Release();

    public ClaudeSession? TakeSession() => Interlocked.Exchange(ref _session, null);
}

/// <summary>A slot that was entered; disposing leaves it, and ends its session if that was forgotten meanwhile, or others that are too many now.</summary>
internal readonly struct EnteredSlot(HotSessions sessions, SessionSlot slot) : IAsyncDisposable
{
    public SessionSlot Slot => slot;

    public ValueTask DisposeAsync()
    {
        slot.Leave();
        return slot.IsForgotten ? sessions.ForgetAsync(slot.ConversationId) : sessions.TrimAsync();
    }
}
