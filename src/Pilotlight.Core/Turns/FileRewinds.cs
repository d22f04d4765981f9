using System.Security.Cryptography;
using System.Text;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Brings back the files that an agent's turns changed. Safe for concurrent use.</summary>
internal sealed class FileRewinds(ThreadService threads, TurnService turns, IClaudeConversations conversations)
{
    /// <summary>What a turn's checkpoint is called: the same on whichever server, so that nothing is stored for it.</summary>
    public static Guid CheckpointOf(string turnId) => new(SHA256.HashData(Encoding.UTF8.GetBytes(turnId)).AsSpan(0, 16));

    /// <summary>Brings files back to what they were when a turn began; only says what would be changed where it is a trial.</summary>
    /// <exception cref="Problems.ProblemException">There is no such turn, one runs, or there is no checkpoint any more.</exception>
    public async Task<FileRewind> RewindAsync(Caller caller, string threadId, string turnId, bool isTrial, CancellationToken cancellationToken)
    {
        await threads.RequireAsync(caller, threadId, cancellationToken);
        var turn = await turns.RequireAsync(threadId, turnId, cancellationToken);
        if (await turns.FindRunningAsync(threadId, cancellationToken) is { } running)
        {
            throw TurnProblems.ThreadBusy(threadId, running.Id);
        }

        try
        {
            return await conversations.RewindFilesAsync(threadId, CheckpointOf(turn.Id), isTrial, cancellationToken);
        }
        catch (ClaudeException fault)
        {
            throw TurnProblems.NoCheckpoint(fault.Error.Message);
        }
    }
}
