using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Nodes;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Usage;
using Pilotlight.Processes;

namespace Pilotlight.Core.InProcess;

/// <summary>The processes, keys and usage of the gateway, for a user interface in the same process: the same rights as through the API.</summary>
/// <remarks>Throws <see cref="ProblemException"/> where a route answers with a problem. Safe for concurrent use.</remarks>
public sealed class LocalOperations(WarmPool pool, IClaudeConversations conversations, KeyService keys, IUsageStore usage, INodes nodes)
{
    /// <summary>The processes as they are now, and which of them hold a conversation.</summary>
    /// <param name="withMemory">Whether to read each process's memory, about a millisecond each.</param>
    public (PoolSnapshot Pool, IReadOnlyList<HotConversation> Hot) Look(bool withMemory) => (pool.GetSnapshot(withMemory), conversations.ListHot());

    /// <summary>The servers that work as one, this one first; it alone where it is no node of a cluster.</summary>
    public IReadOnlyList<NodeState> ListNodes() => nodes.List();

    /// <summary>Ends parked processes, all or one; fresh ones take their place. Returns how many.</summary>
    public int Recycle(Caller caller, int? processId) => ForAdmin(caller).Recycle(processId);

    /// <summary>Ends a conversation's process after its turn; its next turn takes a parked one and is told the history.</summary>
    public Task ReleaseAsync(Caller caller, string conversationId)
    {
        ForAdmin(caller);
        return conversations.ForgetAsync(conversationId, CancellationToken.None).AsTask();
    }

    /// <summary>Keeps no more processes of a profile parked, or does again.</summary>
    public void Drain(Caller caller, string profile, bool drained)
    {
        var admin = ForAdmin(caller);
        _ = drained ? admin.Drain(profile) : admin.Refill(profile);
    }

    /// <summary>All keys, revoked ones included, the oldest first.</summary>
    public Task<IReadOnlyList<GatewayKey>> ListKeysAsync(Caller caller, CancellationToken cancellationToken)
    {
        ForAdmin(caller);
        return keys.ListAsync(cancellationToken);
    }

    /// <summary>Makes a key. Its text is returned this once and stored nowhere.</summary>
    public Task<(GatewayKey Key, string Text)> CreateKeyAsync(Caller caller, string name, bool isAdmin, KeyLimits limits, CancellationToken cancellationToken)
    {
        ForAdmin(caller);
        return keys.CreateAsync(name, isAdmin, limits, cancellationToken);
    }

    /// <summary>Makes a key open nothing from now on.</summary>
    public Task<bool> RevokeKeyAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ForAdmin(caller);
        return keys.RevokeAsync(id, cancellationToken);
    }

    /// <summary>What was used from one day to another: everybody's for an admin, the caller's own for others.</summary>
    public Task<IReadOnlyList<UsageEntry>> ReadUsageAsync(Caller caller, DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        usage.ReadAsync(new UsageQuery(caller.IsAdmin ? null : caller.KeyId, null, from, to), cancellationToken);

    private WarmPool ForAdmin(Caller caller) => caller.IsAdmin ? pool : throw AccessProblems.AdminsOnly(caller);
}
