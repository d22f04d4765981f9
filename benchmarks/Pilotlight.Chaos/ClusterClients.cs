using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>A turn that a client was told of.</summary>
internal sealed record HeardTurn(string Thread, string Turn, string Text);

/// <summary>
/// Clients of a cluster as a load balancer without stickiness would spread them: each has a thread, speaks to any node that answers, and when a node goes follows its turn
/// through another one to its end before it says more.
/// </summary>
/// <param name="cluster">The nodes.</param>
/// <param name="count">How many clients.</param>
/// <param name="patience">How long one waits for the next word of a node before it goes to another.</param>
internal sealed class ClusterClients(GatewayCluster cluster, int count, TimeSpan patience) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<(string Thread, long Wanted, long At)> _working = [];
    private Task _talking = Task.CompletedTask;
    private int _failed;

    /// <summary>The turns that were acknowledged.</summary>
    public ConcurrentQueue<HeardTurn> Heard { get; } = new();

    /// <summary>How many turns ended well, and how many ended as interrupted or failed.</summary>
    public (int Completed, int BrokenOff) Ends => (_completed, _brokenOff);

    /// <summary>Requests that were refused for another reason than a node that is gone or a turn of it that has not ended yet.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>How many connections broke or could not be made.</summary>
    public int Broken => _failed;

    /// <summary>Turns by whether they found their thread's process: where they ran and where it came from.</summary>
    public ConcurrentQueue<(string Thread, string Node, string Acquire)> Placed { get; } = new();

    /// <summary>How long a client thinks about a whole answer before it says more. Default: not at all.</summary>
    public TimeSpan Pause { get; init; }

    private int _completed;
    private int _brokenOff;

    /// <summary>The clients' threads.</summary>
    public string[] Threads { get; } = new string[count];

    public async Task StartAsync(string words)
    {
        for (var client = 0; client < count; client++)
        {
            Threads[client] = await cluster[client % cluster.Nodes.Count()].CreateThreadAsync(CancellationToken.None);
        }

        _talking = Task.WhenAll(Enumerable.Range(0, count).Select(client => Task.Run(() => TalkAsync(client, words))));
    }

    /// <summary>For each thread how long it took from a moment, or from when its client first wanted it after that, until its next turn had begun.</summary>
    public async Task<TimeSpan[]> RecoveredAsync(long since, TimeSpan limit)
    {
        while (true)
        {
            lock (_gate)
            {
                var first = _working.Where(one => one.At > since).GroupBy(one => one.Thread).Select(one => one.MinBy(turn => turn.At)).Select(next => Stopwatch.GetElapsedTime(Math.Max(since, next.Wanted), next.At)).ToArray();
                if (first.Length == count)
                {
                    _working.Clear();
                    return first;
                }
            }

            if (Stopwatch.GetElapsedTime(since) > limit)
            {
                throw new TimeoutException($"Not every thread works again after {limit}. Refused: {string.Join("; ", Refusals.TakeLast(3))}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Says nothing new, and returns when all turns have ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _talking.WaitAsync(TimeSpan.FromMinutes(2));
    }

    /// <summary>What is wrong with the turns that were acknowledged: lost, without exactly one end, asked of the model twice.</summary>
    public async Task<(int Lost, int Ends, int Twice)> LookAsync()
    {
        var (lost, ends, twice) = (0, 0, 0);
        var asked = cluster.Simulator.MessageRequests.Select(request => request.LastUserText).CountBy(text => text).ToDictionary();
        var messages = new ConcurrentDictionary<string, Task<HashSet<string>>>();
        await Parallel.ForEachAsync(Heard, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (turn, token) =>
        {
            var node = cluster.Nodes.First();
            var said = await messages.GetOrAdd(turn.Thread, thread => SaidAsync(node, thread));
            var events = await node.JoinAsync(turn.Thread, turn.Turn, 0, token).ToListAsync(token);
            Interlocked.Add(ref lost, said.Contains(turn.Text) ? 0 : 1);
            Interlocked.Add(ref ends, events.Count(item => item.IsEnd) == 1 && events[^1].IsEnd && !events.Where((item, at) => item.Id != at + 1).Any() ? 0 : 1);
            Interlocked.Add(ref twice, asked.GetValueOrDefault(turn.Text) > 1 ? 1 : 0);
        });
        return (lost, ends, twice);
    }

    public ValueTask DisposeAsync()
    {
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<HashSet<string>> SaidAsync(GatewayProcess node, string thread)
    {
        var said = new HashSet<string>(StringComparer.Ordinal);
        var cursor = "";
        do
        {
            var page = await node.GetAsync($"/api/threads/{thread}/messages?limit=200{cursor}", CancellationToken.None);
            said.UnionWith(page.GetProperty("items").EnumerateArray().Select(message => message.GetProperty("text").GetString()!));
            cursor = page.TryGetProperty("nextCursor", out var next) && next.GetString() is { } more ? $"&cursor={Uri.EscapeDataString(more)}" : "";
        }
        while (cursor.Length > 0);

        return said;
    }

    private async Task TalkAsync(int client, string words)
    {
        var (random, thread, lastHeard) = (new Random(client), Threads[client], 0L);
        while (!_stop.IsCancellationRequested)
        {
            // Whose answer broke off wants the next one since it heard the last of it.
            var wanted = lastHeard == 0 ? Stopwatch.GetTimestamp() : lastHeard;
            var (text, key, turn, last) = ($"{words} {Guid.NewGuid()}", Guid.NewGuid().ToString("N"), "", 0L);
            for (var hasEnded = false; !hasEnded && !(turn.Length == 0 && _stop.IsCancellationRequested);)
            {
                var nodes = cluster.Nodes.ToArray();
                var node = nodes[random.Next(nodes.Length)];
                using var request = turn.Length == 0
                    ? new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns") { Content = JsonContent.Create(new { text }) }
                    : new HttpRequestMessage(HttpMethod.Get, $"/api/threads/{thread}/turns/{turn}/events");
                request.Headers.Add("Idempotency-Key", key);
                request.Headers.Add("Last-Event-ID", $"{last}");
                try
                {
                    // A frozen node accepts connections and says nothing.
                    using var wait = new CancellationTokenSource(patience);
                    using var response = await node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, wait.Token);
                    if (!response.IsSuccessStatusCode)
                    {
                        await RefusedAsync(response);
                        continue;
                    }

                    if (turn.Length == 0)
                    {
                        turn = response.Headers.GetValues("x-pilotlight-turn").Single();
                        Heard.Enqueue(new HeardTurn(thread, turn, text));
                        Placed.Enqueue((thread, Header(response, "x-pilotlight-node"), Header(response, "x-pilotlight-acquire")));
                    }

                    await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(wait.Token)).EnumerateAsync(wait.Token))
                    {
                        wait.CancelAfter(patience);
                        lastHeard = item.EventType is "turn.failed" or "turn.cancelled" ? lastHeard : Stopwatch.GetTimestamp();
                        last = long.Parse(item.EventId!, System.Globalization.CultureInfo.InvariantCulture);
                        if (item.EventType == "turn.started")
                        {
                            lock (_gate)
                            {
                                _working.Add((thread, wanted, Stopwatch.GetTimestamp()));
                            }
                        }

                        hasEnded |= item.EventType is "turn.completed" or "turn.failed" or "turn.cancelled";
                        if (hasEnded)
                        {
                            var isWhole = item.EventType == "turn.completed";
                            Interlocked.Increment(ref isWhole ? ref _completed : ref _brokenOff);
                            if (isWhole)
                            {
                                lastHeard = 0;
                                await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                            }
                        }
                    }
                }
                catch (Exception gone) when (gone is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
                {
                    Interlocked.Increment(ref _failed);
                    await Task.Delay(30);
                }
            }
        }
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : "";

    private async Task RefusedAsync(HttpResponseMessage response)
    {
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        var kind = problem.GetProperty("type").GetString()!;

        // The thread's turn on a node that is gone has not ended yet, or the node is about to stop: another try is all that is needed.
        if (!kind.EndsWith("thread-busy", StringComparison.Ordinal) && !kind.EndsWith("stopping", StringComparison.Ordinal))
        {
            Refusals.Enqueue($"{(int)response.StatusCode} {kind}: {problem.GetProperty("detail").GetString()}");
        }

        await Task.Delay(50);
    }
}
