using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Pilotlight.Tool.Client;

/// <summary>An event of a turn, as a client sees it.</summary>
internal sealed record TurnStreamEvent(string Type, JsonElement Data);

/// <summary>Talks to a gateway over HTTP, as any client would.</summary>
internal sealed class GatewayClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };

    public async Task<string> CreateThreadAsync(string? model, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("/api/threads", new { model }, cancellationToken);
        var thread = await ReadAsync(response, cancellationToken);
        return thread.GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(path, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    public async Task WarmAsync(string threadId, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync($"/api/threads/{threadId}/warm", null, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task CancelAsync(string threadId, string turnId, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync($"/api/threads/{threadId}/turns/{turnId}/cancel", null, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Says something and yields what happens, to the turn's end.</summary>
    /// <exception cref="HttpRequestException">The gateway refused; the message is its own.</exception>
    public async IAsyncEnumerable<TurnStreamEvent> RunTurnAsync(
        string threadId, string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{threadId}/turns") { Content = JsonContent.Create(new { text }) };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            await ReadAsync(response, cancellationToken);
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            using var data = JsonDocument.Parse(item.Data);
            yield return new TurnStreamEvent(item.EventType, data.RootElement.Clone());
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return response.IsSuccessStatusCode
            ? body
            : throw new HttpRequestException(body.TryGetProperty("detail", out var detail) ? detail.GetString() : $"The gateway answered {(int)response.StatusCode}.");
    }
}
