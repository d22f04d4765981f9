using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Chat;

/// <summary>
/// What was said in the named conversations of this host, so that one whose process was evicted goes on although its caller
/// sends new messages alone. Bounded; safe for concurrent use.
/// </summary>
internal sealed class ConversationMemory(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<string> _byUse = new();

    /// <summary>The conversation's place; the one unused for longest makes room.</summary>
    public Entry Enter(string conversationId)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(conversationId, out var entry))
            {
                _byUse.Remove(entry.Use);
                _byUse.AddFirst(entry.Use);
                return entry;
            }

            entry = new Entry(_byUse.AddFirst(conversationId));
            _entries[conversationId] = entry;
            if (_entries.Count > capacity)
            {
                _entries.Remove(_byUse.Last!.Value);
                _byUse.RemoveLast();
            }

            return entry;
        }
    }

    /// <summary>One conversation: its calls enter one at a time.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
    internal sealed class Entry(LinkedListNode<string> use)
    {
        private readonly SemaphoreSlim _turn = new(1, 1);

        public LinkedListNode<string> Use => use;

        public IReadOnlyList<HistoryMessage> History { get; set; } = [];

        public Task WaitAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

        public void Leave() => _turn.Release();
    }
}
