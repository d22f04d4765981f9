using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Responses;

/// <summary>Calls the Responses API as a program without a library does.</summary>
internal sealed class ResponseClient(GatewayProcess gateway, CancellationToken cancellationToken, string? key = null)
{
    /// <summary>A request with what most have.</summary>
    public static JsonObject Ask(JsonNode input, params (string Name, JsonNode? Value)[] more)
    {
        var call = new JsonObject { ["model"] = "sonnet", ["input"] = input };
        foreach (var (name, value) in more)
        {
            call[name] = value;
        }

        return call;
    }

    public async Task<JsonElement> PostAsync(JsonObject call) => await SendAsync(HttpMethod.Post, "/v1/responses", call);

    public Task<JsonElement> GetAsync(string id) => SendAsync(HttpMethod.Get, $"/v1/responses/{id}", null);

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, JsonObject? call)
    {
        using var response = await RawAsync(method, path, call);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}\n{gateway.Output}");
        return JsonElement.Parse(text);
    }

    public async Task<HttpResponseMessage> RawAsync(HttpMethod method, string path, JsonObject? call, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        using var request = new HttpRequestMessage(method, path) { Content = call is null ? null : JsonContent.Create(call) };
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return await gateway.Http.SendAsync(request, until, cancellationToken);
    }

    /// <summary>The events of a stream, of a new response or of one that is there; at most so many, then the connection is cut.</summary>
    public async Task<IReadOnlyList<JsonElement>> StreamAsync(JsonObject? call, string path = "/v1/responses", int most = int.MaxValue)
    {
        var events = new List<JsonElement>();
        call?["stream"] = true;
        using var response = await RawAsync(call is null ? HttpMethod.Get : HttpMethod.Post, path, call, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, await ErrorAsync(response));
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            var told = JsonElement.Parse(item.Data);
            Assert.Equal(item.EventType, told.GetProperty("type").GetString());
            events.Add(told);
            if (events.Count == most)
            {
                break;
            }
        }

        return events;
    }

    public static string TextOf(JsonElement response) => string.Concat(response.GetProperty("output").EnumerateArray()
        .Where(item => item.GetProperty("type").GetString() == "message")
        .SelectMany(item => item.GetProperty("content").EnumerateArray()).Select(part => part.GetProperty("text").GetString()));

    public static string IdOf(JsonElement response) => response.GetProperty("id").GetString()!;

    public static string? StatusOf(JsonElement response) => response.GetProperty("status").GetString();

    private async Task<string> ErrorAsync(HttpResponseMessage response) => response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync(cancellationToken);
}
