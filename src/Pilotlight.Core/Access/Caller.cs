namespace Pilotlight.Core.Access;

/// <summary>Who makes a request: a key's owner, or whoever sits at this machine when there are no keys.</summary>
/// <param name="KeyId">The key's public id, never the key; <c>local</c> without keys.</param>
/// <param name="Name">What its owner is called.</param>
/// <param name="IsAdmin">Whether they may see everybody's threads and usage, and manage keys and processes.</param>
public sealed record Caller(string KeyId, string Name, bool IsAdmin)
{
    /// <summary>Whoever can reach a gateway that has no keys, which listens on loopback alone.</summary>
    public static Caller Local { get; } = new("local", "local", IsAdmin: true);

    /// <summary>What they may use.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;

    /// <summary>Whether they come with a key, whose use is counted against its limits.</summary>
    public bool HasKey => KeyId != Local.KeyId;

    /// <summary>The owner of a key.</summary>
    public static Caller Of(GatewayKey key) => new(key.Id, key.Name, key.IsAdmin) { Limits = key.Limits };
}
