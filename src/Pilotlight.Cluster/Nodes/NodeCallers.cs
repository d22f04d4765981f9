using Pilotlight.Core.Access;

namespace Pilotlight.Cluster.Nodes;

/// <summary>Whom other nodes hand something over for: what a key may do is looked up again, here. Safe for concurrent use.</summary>
internal sealed class NodeCallers(KeyService keys)
{
    /// <summary>The caller of a key's public id; null when it opens nothing any more.</summary>
    public async ValueTask<Caller?> FindAsync(string keyId) => keyId == Caller.Local.KeyId ? Caller.Local
        : await keys.FindAsync(keyId, CancellationToken.None) is { } key ? Caller.Of(key)
        : null;
}
