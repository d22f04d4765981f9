using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Pilotlight.Claude.Conversations;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Cluster.Placement;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Threads;

/// <summary>Hands turns to the nodes that have their threads, and follows those that run there. Safe for concurrent use.</summary>
/// <remarks>
/// Every call to another node has a deadline of ours, since the runtime's own is as long as it takes to declare a node dead. Where one passes, this node does itself what it had
/// asked for: the store sees to it that only one of the two begins the turn.
/// </remarks>
internal sealed partial class ClusterTurns(
    IGrainFactory grains,
    NodeClient client,
    NodeTable others,
    NodeName name,
    ThreadPlacement placement,
    IClaudeConversations conversations,
    RunningTurns running,
    ITurnStore turns,
    IThreadStore threads,
    TimeProvider time,
    ILogger<ClusterTurns> logger) : ITurnNodes
{
    private static readonly TimeSpan BeginPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(1);

    public string Name => name.Name;

    public async ValueTask<BegunTurn?> BeginAsync(TurnRequest request)
    {
        if (IsHotHere(request.ThreadId) || others.List().All(node => node.IsSilent))
        {
            return null;
        }

        var call = new TurnCall
        {
            TurnId = request.Id,
            KeyId = request.Caller.KeyId,
            ThreadId = request.ThreadId,
            Text = request.Text,
            IdempotencyKey = request.IdempotencyKey,
            Replaces = request.Replaces,
            Prompt = request.Prompt is { } prompt ? PromptJson.Write(prompt) : null,
        };
        var reply = await AskAsync(await FindNodeAsync(request.ThreadId), grain => grain.BeginAsync(call), request.ThreadId, BeginPatience);
        if (reply?.Problem is { } problem)
        {
            throw NodeProblems.Read(problem);
        }

        // One that did not answer may have taken it on all the same, before it went.
        return await turns.FindByIdAsync(reply?.TurnId ?? request.Id, CancellationToken.None) is { } turn
            ? new BegunTurn(turn, running.Find(turn.Id), reply?.IsReplay ?? false) { Node = reply?.Node ?? await FindOwnerAsync(turn.Id) }
            : null;
    }

    public async ValueTask<bool> WarmAsync(ChatThread thread) =>
        !IsHotHere(thread.Id) && !others.List().All(node => node.IsSilent)
        && await AskAsync(placement.Choose(thread.Id, thread.Profile), grain => grain.WarmAsync(), thread.Id, BeginPatience);

    public Task ForgetAsync(string threadId) => Task.WhenAll(others.List()
        .Where(node => !node.IsSilent && node.State.Hot.Contains(threadId, StringComparer.Ordinal))
        .Select(node => TryAsync(node.Silo, client.Of(node.Silo).ForgetAsync(threadId), AskPatience)));

    public async ValueTask<bool> LookAsync(long epoch) =>
        others.FindEpoch(epoch) is { } node && await TryAsync(node.Silo, client.Of(node.Silo).LookAsync(), AskPatience);

    public async IAsyncEnumerable<StoredEvent> Follow(string turnId, long afterId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = afterId;
        foreach (var stored in await turns.ReadEventsAsync(turnId, afterId, cancellationToken))
        {
            yield return stored;
            last = stored.Id;
        }

        // Asked before the node is: a turn that has ended meanwhile is read out of the store once more by whoever follows it.
        if (await turns.FindEpochAsync(turnId, cancellationToken) is not { } epoch || others.FindEpoch(epoch) is not { } node)
        {
            yield break;
        }

        var service = client.Of(node.Silo);
        while (await TryReadAsync(node.Silo, service.ReadAsync(turnId, last), cancellationToken) is { IsRunning: true } batch)
        {
            for (var at = 0; at < batch.Types.Length; at++)
            {
                yield return new StoredEvent(batch.FirstId + at, batch.Types[at], batch.Data[at]);
            }

            last += batch.Types.Length;
        }
    }

    /// <summary>Has the next node of a thread make it ready: this one is about to stop.</summary>
    public async Task<bool> HandOverAsync(string threadId) => await AskAsync(await FindNodeAsync(threadId), grain => grain.WarmAsync(), threadId, BeginPatience);

    private async ValueTask<string?> FindOwnerAsync(string turnId) => running.Find(turnId) is not null ? name.Name
        : await turns.FindEpochAsync(turnId, CancellationToken.None) is { } epoch ? others.FindEpoch(epoch)?.State.Name
        : null;

    private bool IsHotHere(string threadId) => conversations.ListHot().Any(one => one.ConversationId == threadId);

    private async ValueTask<SiloAddress?> FindNodeAsync(string threadId) =>
        placement.Choose(threadId, (await threads.FindAsync(threadId, CancellationToken.None))?.Profile);

    // The hint holds where the thread has no node yet.
    private async Task<T?> AskAsync<T>(SiloAddress? hint, Func<IThreadGrain, Task<T>> ask, string threadId, TimeSpan patience)
    {
        if (hint is null)
        {
            return default;
        }

        RequestContext.Set(IPlacementDirector.PlacementHintKey, hint);
        try
        {
            return await ask(grains.GetGrain<IThreadGrain>(threadId)).WaitAsync(patience, time);
        }
        catch (Exception fault) when (fault is not ProblemException)
        {
            LogNoAnswer(logger, hint, fault.Message);
            return default;
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    private async Task<bool> TryAsync(SiloAddress silo, Task call, TimeSpan patience)
    {
        try
        {
            await call.WaitAsync(patience, time);
            return true;
        }
        catch (Exception fault)
        {
            Doubt(silo, fault);
            return false;
        }
    }

    private async ValueTask<EventBatch?> TryReadAsync(SiloAddress silo, Task<EventBatch> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(ReadPatience, time, cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            Doubt(silo, fault);
            return null;
        }
    }

    private void Doubt(SiloAddress silo, Exception fault)
    {
        others.Doubt(silo);
        LogNoAnswer(logger, silo, fault.Message);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} did not answer in time; it is done without it: {Cause}")]
    private static partial void LogNoAnswer(ILogger logger, SiloAddress node, string cause);
}
