using System.Collections.Concurrent;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Responses;

/// <summary>Finds what the first try of a request has begun. Safe for concurrent use.</summary>
internal sealed class ResponseRetries(TurnService turns, StoredResponses stored, ThreadService threads, IThreadStore store, TimeProvider time)
{
    // A thread is made and its turn taken on within this, or never.
    private static readonly TimeSpan s_beginning = TimeSpan.FromMinutes(1);

    // Ids of threads that tries on this server are making.
    private readonly ConcurrentDictionary<string, byte> _beginning = new(StringComparer.Ordinal);

    /// <summary>The response of the first try, in the thread that it goes on with or in the one that was made for it; null when there is none.</summary>
    /// <exception cref="ProblemException">What it goes on from is not there, or the key came with another request.</exception>
    public async Task<BegunResponse?> FindAsync(Caller caller, ResponseCall call, ResponseRetry retry, CancellationToken cancellationToken)
    {
        var before = call.PreviousId is { } id ? (await stored.RequireAsync(caller, id, cancellationToken)).Turn.ThreadId
            : call.Conversation is { } conversation ? ResponseIds.ThreadOf(conversation) : null;
        foreach (var thread in (string?[])[before, retry.ThreadId])
        {
            if (thread is not null && await turns.FindByKeyAsync(caller, thread, retry.Key, cancellationToken) is { } turn)
            {
                var (_, prompt) = await stored.RequireAsync(caller, ResponseIds.OfTurn(turn.Id), cancellationToken);
                return prompt?.Request == retry.Request
                    ? new BegunResponse(turn, turns.FindLive(turn.Id), StoredResponses.Read(turn, prompt))
                    : throw TurnProblems.KeyReused(retry.Key);
            }
        }

        return null;
    }

    /// <summary>Sees to it that the request's thread can be made, and that no other try makes it until what is returned is disposed.</summary>
    /// <exception cref="ProblemException">Another try is about to begin it.</exception>
    public async Task<IDisposable> MakeRoomAsync(Caller caller, ResponseRetry retry)
    {
        if (!_beginning.TryAdd(retry.ThreadId, 0))
        {
            throw TurnProblems.Contended(retry.ThreadId);
        }

        var room = new Room(_beginning, retry.ThreadId);
        try
        {
            await LeaveNoOldAsync(caller, retry.ThreadId);
            return room;
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    private async Task LeaveNoOldAsync(Caller caller, string threadId)
    {
        if (await store.FindAsync(threadId, CancellationToken.None) is not { } made)
        {
            return;
        }

        // Without its turn it is one that is being begun by another server, or its server was killed on the way.
        if (time.GetUtcNow() - made.CreatedAt < s_beginning)
        {
            throw TurnProblems.Contended(made.Id);
        }

        await threads.DeleteAsync(caller, made.Id, CancellationToken.None);
    }

    private sealed class Room(ConcurrentDictionary<string, byte> beginning, string threadId) : IDisposable
    {
        public void Dispose() => beginning.TryRemove(threadId, out _);
    }
}
