using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace Pilotlight.Cluster.Threads;

/// <summary>A thread on its node: hands what is asked for to the node's own turns.</summary>
/// <remarks>
/// It holds nothing: which turn there is, and under whose epoch, the store knows. There may be two for a moment, while a node goes; then the store lets one of them begin a
/// turn. Where it is placed the caller says, by <see cref="Placement.ThreadPlacement"/>.
/// </remarks>
[Reentrant]
[RandomPlacement]
internal sealed class ThreadGrain(LocalTurns turns, OwnedThreads owned, IGrainContext context) : Grain, IThreadGrain
{
    private string Id => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        owned.Add(Id, context);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        owned.Remove(Id, context);
        return Task.CompletedTask;
    }

    // The work leaves the grain's scheduler: the turn outlives this call, and must not wait for others to it.
    public Task<TurnReply> BeginAsync(TurnCall call)
    {
        owned.Used(Id);
        return Task.Run(() => turns.BeginAsync(call));
    }

    public Task<bool> WarmAsync()
    {
        owned.Used(Id);
        var id = Id;
        return Task.Run(() => turns.WarmAsync(id));
    }
}
