using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Client.Http;
using Pilotlight.Client.Pool;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Threads;
using Pilotlight.Client.Turns;
using Pilotlight.Client.Usage;

namespace Pilotlight.Client;

/// <summary>A gateway: its threads, their durable turns, its pool and its usage.</summary>
/// <remarks>
/// Safe for concurrent use; one instance for each gateway, for the life of the program. All methods throw
/// <see cref="PilotlightException"/> when the gateway refuses or cannot be reached.
/// </remarks>
public sealed class PilotlightClient : IDisposable
{
    private readonly GatewayHttp _http;
    private readonly FollowSettings _following;

    /// <summary>A client of the gateway that the options name.</summary>
    /// <param name="options">Where it is; null for the defaults.</param>
    /// <param name="handler">Sends the requests, and is disposed with the client; null for one of its own.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it.</exception>
    public PilotlightClient(PilotlightClientOptions? options = null, HttpMessageHandler? handler = null, TimeProvider? time = null)
    {
        Options = options ?? new PilotlightClientOptions();
        Options.Check();

        // No redirects: a key goes to the gateway that was named and to nobody else.
        var http = new HttpClient(handler ?? new SocketsHttpHandler
        {
            AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            BaseAddress = new Uri(Options.Address.ToString().TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (Options.ApiKey is { Length: > 0 } key)
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation("x-api-key", key);
        }

        _http = new GatewayHttp(http, Options.RequestTimeout);
        _following = new FollowSettings(Options.ReconnectTimeout, Options.IdleTimeout, time ?? TimeProvider.System);
    }

    /// <summary>Where the gateway is, and how patient the client is with it.</summary>
    public PilotlightClientOptions Options { get; }

    /// <summary>Begins a thread.</summary>
    public Task<ChatThread> CreateThreadAsync(NewThread? thread = null, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post, "api/threads", thread ?? new NewThread(), ClientJson.Default.NewThread, ClientJson.Default.ChatThread, cancellationToken);

    /// <summary>One thread.</summary>
    public Task<ChatThread> GetThreadAsync(string threadId, CancellationToken cancellationToken = default) =>
        _http.GetAsync(Thread(threadId), ClientJson.Default.ChatThread, cancellationToken);

    /// <summary>All threads, the one changed last first, page by page as they are read.</summary>
    /// <param name="search">A text that their title holds, or words of one of their messages; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<ChatThread> ListThreadsAsync(string? search = null, CancellationToken cancellationToken = default) =>
        PagesAsync(cursor => _http.GetAsync("api/threads" + Query(("search", search), ("cursor", cursor)), ClientJson.Default.PageChatThread, cancellationToken));

    /// <summary>Changes what is given of a thread.</summary>
    public Task<ChatThread> UpdateThreadAsync(string threadId, ThreadChange change, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Patch, Thread(threadId), change, ClientJson.Default.ThreadChange, ClientJson.Default.ChatThread, cancellationToken);

    /// <summary>Deletes a thread with all its messages, and ends what it is doing.</summary>
    public Task DeleteThreadAsync(string threadId, CancellationToken cancellationToken = default) => _http.SendAsync(HttpMethod.Delete, Thread(threadId), cancellationToken);

    /// <summary>A thread's messages, oldest first, page by page as they are read.</summary>
    public IAsyncEnumerable<ThreadMessage> ListMessagesAsync(string threadId, CancellationToken cancellationToken = default) =>
        PagesAsync(cursor => _http.GetAsync(Thread(threadId) + "/messages" + Query(("cursor", cursor)), ClientJson.Default.PageThreadMessage, cancellationToken));

    /// <summary>Begins a thread with what was said in another up to a message: an answer included, a question not, so that it can be asked in other words.</summary>
    public Task<ChatThread> ForkThreadAsync(string threadId, string messageId, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post, Thread(threadId) + "/fork", new ForkJson(messageId), ClientJson.Default.ForkJson, ClientJson.Default.ChatThread, cancellationToken);

    /// <summary>The bytes of a file that a message of the thread brings.</summary>
    public async Task<byte[]> GetAttachmentAsync(string threadId, string attachmentId, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Thread(threadId)}/attachments/{Uri.EscapeDataString(attachmentId)}");
        using var response = await _http.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The whole thread as Markdown.</summary>
    public async Task<string> ExportMarkdownAsync(string threadId, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Thread(threadId) + "/export?format=markdown");
        using var response = await _http.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins to make a process ready for the thread's next turn, its history replayed: call it while the user still types.</summary>
    public Task WarmAsync(string threadId, CancellationToken cancellationToken = default) => _http.SendAsync(HttpMethod.Post, Thread(threadId) + "/warm", cancellationToken);

    /// <summary>Says that a thread is about to begin, once a client has connected: the gateway keeps a process parked for it, for a minute.</summary>
    /// <param name="profile">The agent's profile; null for plain chat.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task ExpectAsync(string? profile = null, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Post, "api/warm" + Query(("profile", profile)), cancellationToken);

    /// <summary>Says something in a thread, and yields what happens to the turn's end.</summary>
    /// <inheritdoc cref="RunTurnAsync(string, NewTurn, CancellationToken)" path="/remarks"/>
    public IAsyncEnumerable<TurnEvent> RunTurnAsync(string threadId, string text, CancellationToken cancellationToken = default) =>
        RunTurnAsync(threadId, new NewTurn(text), cancellationToken);

    /// <summary>Says something in a thread, and yields what happens to the turn's end.</summary>
    /// <remarks>
    /// A connection that breaks, a server that restarts included, is made again and goes on after the last event that came: none is
    /// lost, none comes twice, nothing is asked twice. The turn is the server's: it goes on when the reader leaves, until
    /// <see cref="CancelTurnAsync"/>. That a turn failed is its last event, no exception.
    /// </remarks>
    public IAsyncEnumerable<TurnEvent> RunTurnAsync(string threadId, NewTurn turn, CancellationToken cancellationToken = default) =>
        ReadAsync(token => TurnFollower.Begin(_http, _following, threadId, turn, token), cancellationToken);

    /// <summary>Joins a running turn, or replays one that has ended.</summary>
    /// <param name="threadId">The thread.</param>
    /// <param name="turnId">The turn.</param>
    /// <param name="afterEventId">The last event that is known already; 0 for none.</param>
    /// <param name="cancellationToken">Ends the reading; the turn goes on.</param>
    /// <inheritdoc cref="RunTurnAsync(string, NewTurn, CancellationToken)" path="/remarks"/>
    public IAsyncEnumerable<TurnEvent> FollowTurnAsync(string threadId, string turnId, long afterEventId = 0, CancellationToken cancellationToken = default) =>
        ReadAsync(token => TurnFollower.Join(_http, _following, threadId, turnId, afterEventId, token), cancellationToken);

    /// <summary>Asks a turn to stop; its events tell the end.</summary>
    public Task CancelTurnAsync(string threadId, string turnId, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Post, $"{Thread(threadId)}/turns/{Uri.EscapeDataString(turnId)}/cancel", cancellationToken);

    /// <summary>Answers what a turn waits with; the turn goes on. Of several answers the first holds.</summary>
    /// <exception cref="Problems.PilotlightException">It was answered before, or is over (409); there is none such (404).</exception>
    public Task AnswerApprovalAsync(string threadId, string approvalId, ApprovalAnswer answer, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post, $"{Thread(threadId)}/approvals/{Uri.EscapeDataString(approvalId)}", answer, ClientJson.Default.ApprovalAnswer, ClientJson.Default.JsonElement, cancellationToken);

    /// <summary>Whether the gateway's answers come from a simulated model.</summary>
    public async Task<bool> IsSimulatedAsync(CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "healthz/live");
        using var response = await _http.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        return response.Headers.Contains("x-pilotlight-simulated");
    }

    /// <summary>The gateway's processes as they are now.</summary>
    public Task<PoolState> GetPoolAsync(CancellationToken cancellationToken = default) => _http.GetAsync("api/pool", ClientJson.Default.PoolState, cancellationToken);

    /// <summary>Tokens and estimated cost by key, model and day.</summary>
    public Task<UsageReport> GetUsageAsync(UsageQuery? query = null, CancellationToken cancellationToken = default) => _http.GetAsync(
        "api/usage" + Query(("key", query?.Key), ("model", query?.Model), ("from", Day(query?.From)), ("to", Day(query?.To))), ClientJson.Default.UsageReport, cancellationToken);

    /// <summary>Closes its connections; turns go on.</summary>
    public void Dispose() => _http.Dispose();

    private static async IAsyncEnumerable<TurnEvent> ReadAsync(
        Func<CancellationToken, TurnFollower> follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var follower = follow(cancellationToken);
        while (await follower.NextAsync().ConfigureAwait(false) is { } turnEvent)
        {
            yield return turnEvent;
        }
    }

    private static async IAsyncEnumerable<T> PagesAsync<T>(Func<string?, Task<Page<T>>> read)
    {
        string? cursor = null;
        do
        {
            var page = await read(cursor).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static string Thread(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return "api/threads/" + Uri.EscapeDataString(id);
    }

    private static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parts)
    {
        var query = "";
        foreach (var (name, value) in parts)
        {
            query += value is null ? "" : $"{(query.Length == 0 ? '?' : '&')}{name}={Uri.EscapeDataString(value)}";
        }

        return query;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApprovalAnswer))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(NewThread))]
[JsonSerializable(typeof(ThreadChange))]
[JsonSerializable(typeof(ChatThread))]
[JsonSerializable(typeof(ForkJson))]
[JsonSerializable(typeof(Page<ChatThread>))]
[JsonSerializable(typeof(Page<ThreadMessage>))]
[JsonSerializable(typeof(PoolState))]
[JsonSerializable(typeof(UsageReport))]
internal sealed partial class ClientJson : JsonSerializerContext;
