using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Profiles;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.InProcess;

/// <summary>What the API offers, for a user interface in the same process: the same checks and limits, without HTTP.</summary>
/// <remarks>Throws <see cref="ProblemException"/> where a route answers with a problem. Safe for concurrent use.</remarks>
public sealed class LocalGateway
{
    private const int ThreadsPage = 50;
    private const int MessagesPage = 200;

    private readonly ThreadService _threads;
    private readonly ThreadWork _work;
    private readonly TurnService _turns;
    private readonly WarmUps _warmUps;
    private readonly ApprovalService _approvals;
    private readonly ClaudeProfiles _profiles;
    private readonly AttachmentReader _files;
    private readonly ThreadAttachments _attachments;
    private readonly ThreadExports _exports;
    private readonly ThreadForks _forks;

    private LocalGateway(IServiceProvider services)
    {
        _threads = services.GetRequiredService<ThreadService>();
        _work = services.GetRequiredService<ThreadWork>();
        _turns = services.GetRequiredService<TurnService>();
        _warmUps = services.GetRequiredService<WarmUps>();
        _approvals = services.GetRequiredService<ApprovalService>();
        _profiles = services.GetRequiredService<ClaudeProfiles>();
        (_files, _attachments) = (services.GetRequiredService<AttachmentReader>(), services.GetRequiredService<ThreadAttachments>());
        (_exports, _forks) = (services.GetRequiredService<ThreadExports>(), services.GetRequiredService<ThreadForks>());
        LargestFile = services.GetRequiredService<IOptions<LimitOptions>>().Value.AttachmentBytes;
        (TurnNews, ThreadNews) = (services.GetRequiredService<TurnNews>(), services.GetRequiredService<ThreadNews>());
        IsSimulated = services.GetRequiredService<IOptions<ServerOptions>>().Value.IsSimulated;
        var claude = services.GetRequiredService<IOptions<ClaudeOptions>>().Value;
        (DefaultModel, DefaultSystemPrompt) = (claude.Model, claude.SystemPrompt);
    }

    internal static LocalGateway Create(IServiceProvider services) => new(services);

    /// <summary>Whether answers come from the simulator.</summary>
    public bool IsSimulated { get; }

    /// <summary>The model of threads that name none.</summary>
    public string DefaultModel { get; }

    /// <summary>The system prompt of threads that bring none.</summary>
    public string DefaultSystemPrompt { get; }

    /// <summary>The profiles a thread may ask for, the default first.</summary>
    public IReadOnlyList<string> Profiles => [.. _profiles.Names];

    /// <summary>Tells which turns begin.</summary>
    public TurnNews TurnNews { get; }

    /// <summary>Tells which threads change.</summary>
    public ThreadNews ThreadNews { get; }

    /// <summary>Threads whose title or messages hold a text, the one changed last first.</summary>
    public Task<Page<ChatThread>> ListThreadsAsync(Caller caller, string? search, string? cursor, CancellationToken cancellationToken) =>
        _threads.ListAsync(caller, search, cursor, ThreadsPage, cancellationToken);

    /// <summary>The thread.</summary>
    public Task<ChatThread> GetThreadAsync(Caller caller, string threadId, CancellationToken cancellationToken) =>
        _threads.RequireAsync(caller, threadId, cancellationToken);

    /// <summary>Makes a thread.</summary>
    public Task<ChatThread> CreateThreadAsync(Caller caller, NewThread thread, CancellationToken cancellationToken) =>
        _threads.CreateAsync(caller, thread, cancellationToken);

    /// <summary>A thread as it is going to be, for which a process begins to be made ready; nothing is stored.</summary>
    public ChatThread PrepareThread(Caller caller, NewThread thread)
    {
        var prepared = _threads.Prepare(caller, thread);
        _warmUps.Begin(caller, prepared, isStored: false);
        return prepared;
    }

    /// <summary>Makes a thread that was prepared.</summary>
    public Task<ChatThread> CreateThreadAsync(Caller caller, ChatThread prepared, CancellationToken cancellationToken) =>
        _threads.StoreAsync(prepared with { Owner = caller.KeyId }, cancellationToken);

    /// <summary>Lets go of the process of a thread that was prepared and is not going to be made.</summary>
    public Task AbandonThreadAsync(ChatThread prepared) => _work.ForgetAsync(prepared.Id);

    /// <summary>Changes a thread.</summary>
    public Task<ChatThread> UpdateThreadAsync(Caller caller, string threadId, ThreadChange change, CancellationToken cancellationToken) =>
        _threads.UpdateAsync(caller, threadId, change, cancellationToken);

    /// <summary>Deletes a thread and all that is in it.</summary>
    public Task DeleteThreadAsync(Caller caller, string threadId, CancellationToken cancellationToken) =>
        _threads.DeleteAsync(caller, threadId, cancellationToken);

    /// <summary>One page of a thread's messages, oldest first.</summary>
    public Task<Page<StoredMessage>> ListMessagesAsync(Caller caller, string threadId, string? cursor, CancellationToken cancellationToken) =>
        _threads.ListMessagesAsync(caller, threadId, cursor, MessagesPage, cancellationToken);

    /// <summary>Has a process parked for a thread that is about to begin.</summary>
    public void Expect(Caller caller) => _warmUps.Expect(caller, null);

    /// <summary>Begins to make a process ready for the thread's next turn.</summary>
    public async Task WarmAsync(Caller caller, string threadId, CancellationToken cancellationToken)
    {
        var thread = await GetThreadAsync(caller, threadId, cancellationToken);
        _warmUps.Begin(caller, thread);
    }

    /// <summary>Takes a turn on; it goes on whoever follows it.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="threadId">In which thread.</param>
    /// <param name="text">What the user says.</param>
    /// <param name="files">The files that it brings, as <see cref="ReadFile"/> has read them; null for none.</param>
    /// <param name="replaces">An ended turn whose place it takes; null for none.</param>
    /// <param name="filesOf">A turn of the caller's whose files it brings again; null for none.</param>
    public async Task<Turn> BeginTurnAsync(
        Caller caller, string threadId, string text, IReadOnlyList<UserContent>? files = null, string? replaces = null, string? filesOf = null)
    {
        var again = filesOf is not null && await _turns.FindAsync(caller, filesOf, CancellationToken.None) is { Prompt: { } asked }
            ? asked.Content.Where(part => part is UserImage or UserDocument)
            : [];
        var prompt = _files.Join(text, [.. again, .. files ?? []]);
        if (string.IsNullOrWhiteSpace(text) && prompt is null)
        {
            throw RequestProblems.Invalid("The message is empty; say something.");
        }

        return (await _turns.BeginAsync(caller, threadId, text, null, CancellationToken.None, replaces: replaces, prompt: prompt)).Turn;
    }

    /// <summary>The thread's turn that has not ended, one that waits for an answer included; null for none.</summary>
    public async Task<Turn?> FindRunningAsync(string threadId, CancellationToken cancellationToken) =>
        _turns.FindRunning(threadId) ?? await _turns.FindRunningAsync(threadId, cancellationToken);

    /// <summary>What a thread's turns wait or waited with, the newest last.</summary>
    public Task<IReadOnlyList<Approval>> ListApprovalsAsync(Caller caller, string threadId, CancellationToken cancellationToken) =>
        _approvals.ListAsync(caller, threadId, cancellationToken);

    /// <summary>Answers what a turn waits with; the turn goes on.</summary>
    public Task<Approval> AnswerAsync(Caller caller, string threadId, string approvalId, ApprovalAnswer answer, CancellationToken cancellationToken) =>
        _approvals.AnswerAsync(caller, threadId, approvalId, answer, cancellationToken);

    /// <summary>Reads a file that a message is to bring: what it is is found in its bytes, and its label must say the same.</summary>
    /// <exception cref="ProblemException">It cannot be sent; says why.</exception>
    public UserContent ReadFile(string? mediaType, string name, ReadOnlyMemory<byte> data) => _files.Read(mediaType, name, data, name);

    /// <summary>The largest file that a message may bring, in bytes.</summary>
    public long LargestFile { get; }

    /// <summary>A file that a message of a thread brings.</summary>
    public Task<AttachmentData> ReadAttachmentAsync(Caller caller, string threadId, string attachmentId, CancellationToken cancellationToken) =>
        _attachments.ReadAsync(caller, threadId, attachmentId, cancellationToken);

    /// <summary>Writes a thread that its caller may see as a file.</summary>
    public Task ExportThreadAsync(Caller caller, ChatThread thread, ExportFormat format, Stream output, CancellationToken cancellationToken) =>
        _exports.WriteAsync(caller, thread, format, output, cancellationToken);

    /// <summary>Begins a thread with what was said up to a message: an answer included, a question not.</summary>
    public Task<ChatThread> ForkThreadAsync(Caller caller, string threadId, string messageId, CancellationToken cancellationToken) =>
        _forks.ForkAtAsync(caller, threadId, messageId, cancellationToken);

    /// <summary>A turn's events after one, to its end.</summary>
    public async IAsyncEnumerable<StoredEvent> ReadEventsAsync(
        Caller caller, string threadId, string turnId, long afterId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _threads.RequireAsync(caller, threadId, cancellationToken);
        var turn = await _turns.RequireAsync(threadId, turnId, cancellationToken);
        await foreach (var stored in _turns.ReadEventsAsync(turn.Id, afterId, cancellationToken))
        {
            yield return stored;
        }
    }

    /// <summary>Asks a turn to stop; nothing when it has ended.</summary>
    public async Task CancelAsync(Caller caller, string threadId, string turnId)
    {
        await _threads.RequireAsync(caller, threadId, CancellationToken.None);
        var turn = await _turns.RequireAsync(threadId, turnId, CancellationToken.None);
        await _turns.CancelAsync(turn.Id);
    }
}
