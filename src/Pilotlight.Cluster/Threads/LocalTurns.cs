using System.Text.Json;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Threads;

/// <summary>This node's own turns, for those that other nodes hand over. Safe for concurrent use.</summary>
internal sealed class LocalTurns(TurnService turns, WarmUps warmUps, IThreadStore threads, KeyService keys, ServerEpoch epoch, NodeName name, TimeProvider time)
{
    // Problems of this node alone: another may take what this one does not.
    private static readonly HashSet<string> s_own = new(StringComparer.Ordinal) { ProblemKinds.Stopping, ProblemKinds.TooManyTurns };

    public async Task<TurnReply> BeginAsync(TurnCall call)
    {
        if (epoch.Value == 0 || await FindCallerAsync(call.KeyId) is not { } caller)
        {
            return new TurnReply { Node = name.Name };
        }

        var request = new TurnRequest(call.TurnId, caller, call.ThreadId, call.Text)
        {
            IdempotencyKey = call.IdempotencyKey,
            Replaces = call.Replaces,
            Prompt = call.Prompt is { } prompt ? PromptJson.Read(prompt) : null,
        };
        try
        {
            var begun = await turns.BeginHereAsync(request, time.GetTimestamp(), CancellationToken.None);
            return new TurnReply { Node = name.Name, TurnId = begun.Turn.Id, IsReplay = begun.IsReplay };
        }
        catch (ProblemException fault)
        {
            return new TurnReply { Node = name.Name, Problem = s_own.Contains(fault.Problem.Kind) ? null : JsonSerializer.Serialize(fault.Problem, NodeJson.Default.Problem) };
        }
    }

    public async Task<bool> WarmAsync(string threadId)
    {
        if (epoch.Value == 0 || await threads.FindAsync(threadId, CancellationToken.None) is not { } thread)
        {
            return false;
        }

        warmUps.BeginHere(thread);
        return true;
    }

    private async ValueTask<Caller?> FindCallerAsync(string keyId) => keyId == Caller.Local.KeyId ? Caller.Local
        : await keys.FindAsync(keyId, CancellationToken.None) is { } key ? Caller.Of(key)
        : null;
}
