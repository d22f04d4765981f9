using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Load;

/// <summary>A user who now and then cancels or goes away in the middle, and then looks whether the turn ended as it should.</summary>
internal sealed class SoakUser(Uri gateway, int seed, SoakCounts counts)
{
    private static readonly string[] s_ends = ["turn.completed", "turn.failed", "turn.cancelled"];

    private readonly Random _random = new(seed);

    private enum Manner
    {
        Stay,
        Leave,
        Cancel,
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var http = new HttpClient { BaseAddress = gateway, Timeout = TimeSpan.FromMinutes(3) };
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using var made = await http.PostAsJsonAsync("/api/threads", new { }, CancellationToken.None);
                made.EnsureSuccessStatusCode();
                var thread = (await made.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None)).GetProperty("id").GetString()!;
                for (var turn = _random.Next(1, 7); turn > 0 && !stopping.IsCancellationRequested; turn--)
                {
                    await TurnAsync(http, thread);
                    await Task.Delay(_random.Next(50, 1500), stopping).ContinueWith(_ => { }, TaskScheduler.Default);
                }
            }
            catch (HttpRequestException refused)
            {
                counts.Count($"refused ({(int?)refused.StatusCode})");
                await Task.Delay(1000, CancellationToken.None);
            }
        }
    }

    private async Task TurnAsync(HttpClient http, string thread)
    {
        var manner = _random.NextDouble() switch { < 0.7 => Manner.Stay, < 0.85 => Manner.Leave, _ => Manner.Cancel };
        var words = _random.Next(20, 120);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns")
        {
            Content = JsonContent.Create(new { text = $"[[sim words={words} rate=100]]" }),
        };
        string turn;
        using (var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            response.EnsureSuccessStatusCode();
            turn = response.Headers.GetValues("x-pilotlight-turn").Single();
            var seen = await ReadAsync(response, manner == Manner.Stay ? int.MaxValue : _random.Next(1, 6));
            if (manner == Manner.Stay)
            {
                Judge(seen, words, turn);
                return;
            }
        }

        counts.Count(manner == Manner.Leave ? "clients that left" : "cancels");
        if (manner == Manner.Cancel)
        {
            using var cancelled = await http.PostAsync($"/api/threads/{thread}/turns/{turn}/cancel", null);
            cancelled.EnsureSuccessStatusCode();
        }

        // Whoever comes back finds the whole of it, from its first event to its one end.
        using var again = await http.GetAsync($"/api/threads/{thread}/turns/{turn}/events", HttpCompletionOption.ResponseHeadersRead);
        again.EnsureSuccessStatusCode();
        Judge(await ReadAsync(again, int.MaxValue), words, turn);
    }

    private static async Task<List<SseItem<string>>> ReadAsync(HttpResponseMessage response, int most)
    {
        var events = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            events.Add(item);
            if (events.Count == most)
            {
                break;
            }
        }

        return events;
    }

    private void Judge(List<SseItem<string>> events, int words, string turn)
    {
        var ends = events.Count(item => s_ends.Contains(item.EventType));
        if (ends != 1 || !s_ends.Contains(events[^1].EventType))
        {
            counts.Break($"turn {turn} had {ends} ends");
            return;
        }

        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].EventId != FormattableString.Invariant($"{i + 1}"))
            {
                counts.Break($"turn {turn} has event {events[i].EventId} where {i + 1} was due");
                return;
            }
        }

        var type = events[^1].EventType;
        counts.Count(type["turn.".Length..]);
        if (type == "turn.completed" && Words(events) != words)
        {
            counts.Break($"turn {turn} has {Words(events)} words of {words}");
        }
    }

    private static int Words(List<SseItem<string>> events)
    {
        var text = new StringBuilder();
        foreach (var item in events)
        {
            switch (item.EventType)
            {
                case "text.delta":
                    text.Append(JsonDocument.Parse(item.Data).RootElement.GetProperty("text").GetString());
                    break;
                case "text.reset":
                    text.Clear();
                    break;
            }
        }

        return text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}
