using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Nodes;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Nodes;

/// <summary>This node's side of what nodes ask each other for.</summary>
/// <remarks>Work leaves the runtime's own scheduler at once: what is begun there would go on there.</remarks>
internal sealed class NodeService(
    GrainId grainId, Silo silo, ILoggerFactory logging, NodeTable nodes, RunningTurns running, ServerLife life, IClaudeConversations conversations, TimeProvider time)
    : GrainService(grainId, silo, logging), INodeService
{
    // Shorter than any deadline of those who ask, so that an answer without events is one too.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    public Task TellAsync(NodeNews news)
    {
        if (JsonSerializer.Deserialize(news.State, NodeJson.Default.NodeState) is { } state)
        {
            nodes.Told(news.Silo, state);
        }

        return Task.CompletedTask;
    }

    public Task<EventBatch> ReadAsync(string turnId, long afterId) => Task.Run(async () =>
    {
        if (running.Find(turnId) is not { } live)
        {
            return new EventBatch();
        }

        var events = await live.ReadNextAsync(afterId, Patience, time);
        return new EventBatch
        {
            FirstId = events.Count > 0 ? events[0].Id : 0,
            Types = [.. events.Select(one => one.Type)],
            Data = [.. events.Select(one => one.Data)],
            IsRunning = true,
        };
    });

    public Task LookAsync() => Task.Run(life.LookNowAsync);

    public Task ForgetAsync(string threadId) => Task.Run(() => conversations.ForgetAsync(threadId, CancellationToken.None).AsTask());
}
