namespace Pilotlight.Core.Access;

/// <summary>A key as it is stored: what is known of it, and an HMAC-SHA-256 of its text under a salt of its own.</summary>
public sealed record StoredKey(GatewayKey Key, byte[] Salt, byte[] Hash);

/// <summary>Where keys are kept. Safe for concurrent use, also from several processes.</summary>
public interface IKeyStore
{
    /// <summary>Stores a new key.</summary>
    Task CreateAsync(StoredKey key, CancellationToken cancellationToken);

    /// <summary>All keys, revoked ones included, the oldest first.</summary>
    Task<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Makes a key open nothing from now on; false when there is none of this id, or it was revoked before.</summary>
    Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>A number that changes whenever a key is made or revoked, by whichever process.</summary>
    Task<long> ReadVersionAsync(CancellationToken cancellationToken);

    /// <summary>Notes when keys were last used.</summary>
    Task TouchAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUsed, CancellationToken cancellationToken);
}
