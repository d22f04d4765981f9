using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Threads;

/// <summary>This node's own turns, for those that other nodes hand over. Safe for concurrent use.</summary>
internal sealed class LocalTurns(TurnService turns, WarmUps warmUps, IThreadStore threads, NodeCallers callers, ServerEpoch epoch, NodeName name, TimeProvider time)
{
    public async Task<TurnReply> BeginAsync(TurnCall call)
    {
        if (epoch.Value == 0 || await callers.FindAsync(call.KeyId) is not { } caller)
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
            return new TurnReply { Node = name.Name, Problem = NodeProblems.Write(fault.Problem) };
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
}
