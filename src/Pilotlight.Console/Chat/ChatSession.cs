using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.InProcess;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.WebConsole.Answers;

namespace Pilotlight.WebConsole.Chat;

/// <summary>A question and its answer.</summary>
public sealed record Exchange(string TurnId, string QuestionId, string Question, Answer Answer)
{
    /// <summary>The files that the question brings.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];
}

/// <summary>One page's view of one thread: what was said, and the running turn followed wherever it was begun.</summary>
/// <remarks>Used in its circuit's own order: what comes from elsewhere goes through <paramref name="dispatch"/>.</remarks>
public sealed class ChatSession(LocalGateway gateway, Func<ValueTask<Caller>> who, Func<Action, Task> dispatch) : IDisposable
{
    private static readonly TimeSpan StoreWait = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _gone = new();
    private readonly List<Exchange> _exchanges = [];

    /// <summary>Something is to be shown anew.</summary>
    public event Action? Changed;

    public ChatThread? Thread { get; private set; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Exchange> Exchanges => _exchanges;

    public Exchange? Running => _exchanges is [.., { Answer.IsRunning: true } last] ? last : null;

    /// <summary>Reads the thread, and joins its running turn where it is.</summary>
    /// <exception cref="ProblemException">There is no such thread.</exception>
    public async Task OpenAsync(string threadId)
    {
        Thread = await gateway.GetThreadAsync(await who(), threadId, _gone.Token);
        var messages = await ReadAsync();
        var answers = messages.Where(message => message.Role == "assistant").ToDictionary(message => message.TurnId, StringComparer.Ordinal);
        foreach (var question in messages.Where(message => message.Role == "user"))
        {
            var answer = answers.TryGetValue(question.TurnId, out var stored) ? Answer.Of(stored) : new Answer();
            var exchange = new Exchange(question.TurnId, question.Id, question.Text, answer) { Attachments = question.Attachments ?? [] };
            _exchanges.Add(exchange);
            if (answer.IsRunning)
            {
                _ = FollowAsync(exchange); // Wherever it runs; of one that has ended without a word its last event comes at once.
            }
            else if (answer.Status != AnswerStatus.Complete)
            {
                await ExplainAsync(exchange);
            }
        }

        // What began while the messages were read is added here, or told below.
        gateway.TurnNews.Began += OnBegan;
        if (await gateway.FindRunningAsync(threadId, CancellationToken.None) is { } running)
        {
            Add(running);
        }
    }

    /// <summary>Takes a thread that was made just now, with nothing in it.</summary>
    public void Begin(ChatThread thread)
    {
        Thread = thread;
        gateway.TurnNews.Began += OnBegan;
    }

    /// <summary>Says something.</summary>
    /// <exception cref="ProblemException">It was not taken.</exception>
    public async Task SendAsync(string text, IReadOnlyList<UserContent> files, string? filesOf = null) =>
        Add(await gateway.BeginTurnAsync(await who(), Thread!.Id, text, files, filesOf: filesOf));

    /// <summary>Asks the last question again, in the place of its answer; in other words and with more files where they are given.</summary>
    /// <exception cref="ProblemException">It was not taken; the answer is as it was.</exception>
    public async Task AgainAsync(Exchange last, string? text = null, IReadOnlyList<UserContent>? files = null)
    {
        var turn = await gateway.BeginTurnAsync(await who(), Thread!.Id, text ?? last.Question, files, last.TurnId, filesOf: last.TurnId);
        _exchanges.Remove(last);
        Add(turn);
    }

    /// <summary>Stops the running answer.</summary>
    public async Task StopAsync()
    {
        if (Running is { } running)
        {
            await gateway.CancelAsync(await who(), Thread!.Id, running.TurnId);
        }
    }

    /// <summary>Makes the thread ready ahead of its next turn.</summary>
    public async Task WarmAsync()
    {
        if (Thread is { } thread && Running is null)
        {
            await gateway.WarmAsync(await who(), thread.Id, _gone.Token);
        }
    }

    /// <summary>Changes the thread.</summary>
    public async Task UpdateAsync(ThreadChange change) => Thread = await gateway.UpdateThreadAsync(await who(), Thread!.Id, change, _gone.Token);

    /// <summary>Reads the thread's title and settings anew, and drops what was taken out of it; false when it is gone.</summary>
    public async Task<bool> RefreshAsync()
    {
        try
        {
            var before = Thread!.Revision;
            Thread = await gateway.GetThreadAsync(await who(), Thread.Id, _gone.Token);
            if (Thread.Revision != before)
            {
                var kept = (await ReadAsync()).Select(message => message.TurnId).ToHashSet(StringComparer.Ordinal);
                _exchanges.RemoveAll(exchange => !exchange.Answer.IsRunning && !kept.Contains(exchange.TurnId));
            }

            return true;
        }
        catch (ProblemException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        gateway.TurnNews.Began -= OnBegan;
        _gone.Cancel();
    }

    // Another page, or a client of the API, may have begun it.
    private void OnBegan(Turn turn)
    {
        if (turn.ThreadId == Thread?.Id)
        {
            _ = dispatch(() => Add(turn));
        }
    }

    private void Add(Turn turn)
    {
        if (!_exchanges.Exists(known => known.TurnId == turn.Id))
        {
            var exchange = new Exchange(turn.Id, turn.UserMessageId, turn.Text, new Answer()) { Attachments = turn.Attachments };
            _exchanges.Add(exchange);
            _ = FollowAsync(exchange);
            Changed?.Invoke();
        }
    }

    private async Task<List<StoredMessage>> ReadAsync()
    {
        var messages = new List<StoredMessage>();
        string? cursor = null;
        do
        {
            var page = await gateway.ListMessagesAsync(await who(), Thread!.Id, cursor, _gone.Token);
            messages.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return messages;
    }

    private async Task FollowAsync(Exchange exchange)
    {
        try
        {
            while (!await TryFollowAsync(exchange))
            {
                await Task.Delay(StoreWait, _gone.Token);
            }

            exchange.Answer.Abandon();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (ProblemException)
        {
            exchange.Answer.Abandon(); // The thread is gone.
        }

        Changed?.Invoke();
    }

    // Goes on after the last event that came; false when the store went away before the end.
    private async Task<bool> TryFollowAsync(Exchange exchange)
    {
        try
        {
            await foreach (var stored in gateway.ReadEventsAsync(await who(), Thread!.Id, exchange.TurnId, exchange.Answer.LastEventId, _gone.Token))
            {
                exchange.Answer.Apply(stored);
                Changed?.Invoke();
            }

            return true;
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    }

    private async Task ExplainAsync(Exchange exchange)
    {
        var events = new List<StoredEvent>();
        await foreach (var stored in gateway.ReadEventsAsync(await who(), Thread!.Id, exchange.TurnId, 0, _gone.Token))
        {
            events.Add(stored);
        }

        exchange.Answer.Explain(events);
        exchange.Answer.Abandon();
    }
}
