using Pilotlight.Core.Access;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>The files that messages of a thread bring. Safe for concurrent use.</summary>
internal sealed class ThreadAttachments(ThreadService threads, IThreadStore messages, ITurnStore turns)
{
    /// <summary>One of them.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller, or no such attachment in it.</exception>
    public async Task<AttachmentData> ReadAsync(Caller caller, string threadId, string attachmentId, CancellationToken cancellationToken)
    {
        await threads.RequireAsync(caller, threadId, cancellationToken);
        if (await messages.FindAttachedAsync(threadId, attachmentId, cancellationToken) is { Attachments: { } attached } message
            && await turns.ReadPromptAsync(message.TurnId, cancellationToken) is { } prompt)
        {
            var (index, attachment) = attached.Index().First(one => one.Item.Id == attachmentId);
            if (AttachmentList.DataAt(PromptJson.Read(prompt), index) is { } data)
            {
                return new AttachmentData(attachment, data);
            }
        }

        throw new ProblemException(new Problem(
            ProblemKinds.AttachmentNotFound, "There is no such attachment", $"There is no attachment '{attachmentId}' in this thread. GET …/messages lists those there are."));
    }
}
