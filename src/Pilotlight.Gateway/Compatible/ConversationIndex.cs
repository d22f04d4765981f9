using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Compatible;

/// <summary>A session that holds a history.</summary>
/// <param name="Conversation">The session's own name.</param>
/// <param name="Held">What its turn in progress has used and said so far, when it waits for results of calls; null between turns.</param>
internal sealed record HotSession(string Conversation, HeldTurn? Held = null);

/// <summary>A turn that waits for its caller.</summary>
/// <param name="Booked">What was booked for it already: its end tells the whole turn's tokens.</param>
/// <param name="BookedUsd">The same in dollars.</param>
/// <param name="SaidLength">How many characters of its text were told already.</param>
internal sealed record HeldTurn(TurnUsage Booked, decimal BookedUsd, int SaidLength);

/// <summary>Which live session holds which history, for callers that send the whole of it every time.</summary>
/// <remarks>
/// A session is taken out while a turn uses it, so no two calls can meet on one. An entry that outlives its process does no
/// harm: the history comes with the call and is replayed. Safe for concurrent use.
/// </remarks>
internal sealed class ConversationIndex(IOptions<ClaudeSessionOptions> sessions, TimeProvider time)
{
    private const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (HotSession Session, long At)> _byFingerprint = new(StringComparer.Ordinal);

    /// <summary>Takes the session that holds exactly this, or returns null.</summary>
    public HotSession? TryTake(string fingerprint)
    {
        lock (_gate)
        {
            return _byFingerprint.Remove(fingerprint, out var entry) && !IsOld(entry.At) ? entry.Session : null;
        }
    }

    /// <summary>The session that holds exactly this, which stays; or null.</summary>
    public HotSession? Find(string fingerprint)
    {
        lock (_gate)
        {
            return _byFingerprint.TryGetValue(fingerprint, out var entry) && !IsOld(entry.At) ? entry.Session : null;
        }
    }

    /// <summary>Says what a session holds now.</summary>
    /// <returns>A session that held the same and is of no more use, or null.</returns>
    public string? Put(string fingerprint, HotSession session)
    {
        lock (_gate)
        {
            if (_byFingerprint.Count >= Capacity)
            {
                Trim();
            }

            var twin = _byFingerprint.TryGetValue(fingerprint, out var entry) ? entry.Session.Conversation : null;
            _byFingerprint[fingerprint] = (session, time.GetTimestamp());
            return twin;
        }
    }

    private bool IsOld(long at) => time.GetElapsedTime(at) > sessions.Value.IdleTimeout;

    private void Trim()
    {
        var oldestFirst = _byFingerprint.OrderBy(entry => entry.Value.At).Select(entry => entry.Key).Take(Capacity / 10).ToArray();
        foreach (var fingerprint in oldestFirst)
        {
            _byFingerprint.Remove(fingerprint);
        }
    }
}
