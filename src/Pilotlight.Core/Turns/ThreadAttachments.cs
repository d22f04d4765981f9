using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>The files that messages of threads bring. Safe for concurrent use.</summary>
internal sealed class ThreadAttachments(ThreadService threads, IThreadStore store, ITurnStore turns, AttachmentReader reader)
{
    /// <summary>One of a thread's.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller, or no such attachment in it.</exception>
    public async Task<AttachmentData> ReadAsync(Caller caller, string threadId, string attachmentId, CancellationToken cancellationToken)
    {
        await threads.RequireAsync(caller, threadId, cancellationToken);
        return await store.FindAttachedAsync(threadId, attachmentId, cancellationToken) is { } message
            && await ReadAsync(message, attachmentId, cancellationToken) is var (attachment, file)
            ? new AttachmentData(attachment, AttachmentList.DataOf(file))
            : throw None($"There is no attachment '{attachmentId}' in this thread. GET …/messages lists those there are.");
    }

    /// <summary>What a message of a thread asks with its files, those that it brings and those that it names; null for a message without any.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller, a file cannot be sent, or they are too many or too large.</exception>
    public async Task<Prompt?> ReadPromptAsync(
        Caller caller, string threadId, string text, IReadOnlyList<NewAttachment>? attachments, CancellationToken cancellationToken)
    {
        reader.CheckCount(attachments?.Count ?? 0);
        var files = new List<UserContent>();
        foreach (var (at, attachment) in (attachments ?? []).Index())
        {
            files.Add(attachment is { FileId: { } id }
                ? await FindAsync(caller, threadId, attachment, id, $"attachments[{at}]", cancellationToken)
                : reader.Read(attachment, $"attachments[{at}]"));
        }

        return reader.Join(text, files);
    }

    // A copy of a thread names its files as they were named first: its own come before those of other threads.
    private async Task<UserContent> FindAsync(
        Caller caller, string threadId, NewAttachment named, string id, string place, CancellationToken cancellationToken)
    {
        if (named is not { MediaType: null, Name: null, Data: null })
        {
            throw RequestProblems.Parameter(place, $"{place} has a fileId and more: a file that was sent before has its type, name and bytes. Send fileId alone, or leave it out.");
        }

        await threads.RequireAsync(caller, threadId, cancellationToken);
        var message = await store.FindAttachedAsync(threadId, id, cancellationToken)
            ?? (AttachmentList.MessageOf(id) is { } messageId ? await store.FindMessageAsync(null, messageId, cancellationToken) : null);
        return message is not null
            && await store.FindAsync(message.ThreadId, cancellationToken) is { } thread && thread.IsVisibleTo(caller)
            && await ReadAsync(message, id, cancellationToken) is var (_, file)
            ? file
            : throw None($"{place} names the file '{(id.Length > 60 ? string.Concat(id.AsSpan(0, 60), "…") : id)}', which no message of your threads brings. Send it with its bytes, as mediaType and data.");
    }

    private async Task<(Attachment Attachment, UserContent File)?> ReadAsync(StoredMessage message, string attachmentId, CancellationToken cancellationToken)
    {
        var (index, attachment) = (message.Attachments ?? []).Index().FirstOrDefault(one => one.Item.Id == attachmentId);
        return attachment is not null
            && await turns.ReadPromptAsync(message.TurnId, cancellationToken) is { } prompt
            && AttachmentList.FileAt(PromptJson.Read(prompt), index) is { } file
            ? (attachment, file)
            : null;
    }

    private static ProblemException None(string detail) => new(new Problem(ProblemKinds.AttachmentNotFound, "There is no such attachment", detail));
}
