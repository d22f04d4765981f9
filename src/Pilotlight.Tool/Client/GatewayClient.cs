using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Pilotlight.Core.Problems;

namespace Pilotlight.Tool.Client;

/// <summary>An event of a turn, as a client sees it.</summary>
internal sealed record TurnStreamEvent(string Type, JsonElement Data)
{
    /// <summary>Whether it says that the model is simulated.</summary>
    public bool IsSimulated => Data.TryGetProperty("simulated", out var simulated) && simulated.ValueKind == JsonValueKind.True;

    /// <summary>Why a turn failed.</summary>
    public string Problem => Data.GetProperty("problem").GetProperty("detail").GetString() ?? "";

    public string Text(string name) => Data.GetProperty(name).GetString() ?? "";
}

/// <summary>Talks to a gateway over HTTP, as any client would.</summary>
/// <remarks>A gateway with keys wants one: the environment's PILOTLIGHT_API_KEY is sent when it is set.</remarks>
internal sealed class GatewayClient : IDisposable
{
    private const string KeyVariable = "PILOTLIGHT_API_KEY";

    private readonly HttpClient _http;

    public GatewayClient(Uri address)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation("x-api-key", key);
        }
    }

    public async Task<string> CreateThreadAsync(string? model, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("/api/threads", new { model }, cancellationToken);
        var thread = await ReadAsync(response, cancellationToken);
        return thread.GetProperty("id").GetString()!;
    }

    /// <summary>Whether the gateway's answers come from the simulator.</summary>
    public async Task<bool> IsSimulatedAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync("/healthz/live", cancellationToken);
        return response.Headers.Contains("x-pilotlight-simulated");
    }

    public async Task SetModelAsync(string threadId, string model, CancellationToken cancellationToken)
    {
        using var response = await _http.PatchAsJsonAsync($"/api/threads/{threadId}", new { model }, cancellationToken);
        await ReadAsync(response, cancellationToken);
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(path, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    public async Task WarmAsync(string threadId, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync($"/api/threads/{threadId}/warm", null, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    public async Task CancelAsync(string threadId, string turnId, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync($"/api/threads/{threadId}/turns/{turnId}/cancel", null, cancellationToken);
        await CheckAsync(response, cancellationToken);
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
        await CheckAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var detail = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true
            && (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).TryGetProperty("detail", out var said)
            ? said.GetString()
            : $"The gateway answered {(int)response.StatusCode}.";
        throw new HttpRequestException(
            response.StatusCode == System.Net.HttpStatusCode.Unauthorized ? $"{detail} Set {KeyVariable} to one for this command." : detail);
    }
}
