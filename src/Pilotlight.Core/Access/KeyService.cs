using System.Collections.Concurrent;
using System.Security.Cryptography;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Access;

/// <summary>Makes, lists, revokes and checks keys.</summary>
/// <remarks>
/// Keys are checked against a copy in memory, which is compared with the store once a second: so a key that another process
/// revoked opens nothing a second later. Safe for concurrent use.
/// </remarks>
public sealed class KeyService(IKeyStore store, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private static readonly StoredKey Nobody = new(
        new GatewayKey("", "", false, KeyLimits.None, DateTimeOffset.MinValue), RandomNumberGenerator.GetBytes(32), new byte[32]);

    private readonly SemaphoreSlim _loading = new(1);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _used = new(StringComparer.Ordinal);
    private volatile Snapshot? _snapshot;

    private sealed record Snapshot(long Version, IReadOnlyDictionary<string, StoredKey> Keys, long ReadAt);

    /// <summary>Whether there is or ever was a key: then every request needs one, and the gateway may be reached from elsewhere.</summary>
    public async ValueTask<bool> AreNeededAsync(CancellationToken cancellationToken) => (await LoadAsync(cancellationToken)).Keys.Count > 0;

    /// <summary>Makes a key. Its text is returned this once and stored nowhere.</summary>
    /// <exception cref="ProblemException">The name or a limit is not valid.</exception>
    public async Task<(GatewayKey Key, string Text)> CreateAsync(string name, bool isAdmin, KeyLimits limits, CancellationToken cancellationToken)
    {
        var faults = limits.Faults().ToList();
        if (string.IsNullOrWhiteSpace(name) || name.Length > 100)
        {
            faults.Insert(0, "A key needs a name of 1 to 100 characters, by which its owner is known.");
        }

        if (faults.Count > 0)
        {
            throw RequestProblems.Invalid(string.Join(' ', faults));
        }

        var (id, text) = KeyText.Create();
        var salt = RandomNumberGenerator.GetBytes(32);
        var key = new GatewayKey(id, name.Trim(), isAdmin, limits, time.GetUtcNow());
        await store.CreateAsync(new StoredKey(key, salt, KeyText.Hash(salt, text)), cancellationToken);
        _snapshot = null;
        return (key, text);
    }

    /// <summary>All keys, revoked ones included, the oldest first.</summary>
    public async Task<IReadOnlyList<GatewayKey>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListAsync(cancellationToken)).Select(stored => stored.Key)];

    /// <summary>Makes a key open nothing from now on; false when there is none of this id, or it was revoked before.</summary>
    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        var revoked = await store.RevokeAsync(id, time.GetUtcNow(), cancellationToken);
        _snapshot = null;
        return revoked;
    }

    /// <summary>The key that a text opens with; null when it opens nothing.</summary>
    /// <remarks>Takes as long for a key that there is not as for one that there is.</remarks>
    public async ValueTask<GatewayKey?> VerifyAsync(string text, CancellationToken cancellationToken)
    {
        var keys = (await LoadAsync(cancellationToken)).Keys;
        var stored = KeyText.ReadId(text) is { } id && keys.TryGetValue(id, out var found) ? found : Nobody;
        var isRight = CryptographicOperations.FixedTimeEquals(KeyText.Hash(stored.Salt, text.Length > 200 ? text[..200] : text), stored.Hash);
        if (!isRight || stored == Nobody || stored.Key.RevokedAt is not null)
        {
            return null;
        }

        _used[stored.Key.Id] = time.GetUtcNow();
        return stored.Key;
    }

    /// <summary>A key that still opens something, by its public id, for somebody who has shown the key itself before; null when there is none.</summary>
    public async ValueTask<GatewayKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await LoadAsync(cancellationToken)).Keys.TryGetValue(id, out var stored) && stored.Key.RevokedAt is null ? stored.Key : null;

    /// <summary>Stores when keys were last used, as far as that is not stored yet.</summary>
    internal async Task SaveUseAsync(CancellationToken cancellationToken)
    {
        var used = _used.ToArray();
        if (used.Length > 0)
        {
            await store.TouchAsync(used.ToDictionary(StringComparer.Ordinal), cancellationToken);
            foreach (var pair in used)
            {
                _used.TryRemove(pair); // Unless it was used again meanwhile.
            }
        }
    }

    private ValueTask<Snapshot> LoadAsync(CancellationToken cancellationToken) =>
        _snapshot is { } fresh && time.GetElapsedTime(fresh.ReadAt) < MaxAge ? new(fresh) : new(ReloadAsync(cancellationToken));

    private async Task<Snapshot> ReloadAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            var known = _snapshot;
            if (known is not null && time.GetElapsedTime(known.ReadAt) < MaxAge)
            {
                return known;
            }

            // The version first: a change in between is then seen at the next look.
            var now = time.GetTimestamp();
            var version = await store.ReadVersionAsync(cancellationToken);
            return _snapshot = known is not null && known.Version == version
                ? known with { ReadAt = now }
                : new Snapshot(version, (await store.ListAsync(cancellationToken)).ToDictionary(stored => stored.Key.Id, StringComparer.Ordinal), now);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _loading.Dispose();
}
