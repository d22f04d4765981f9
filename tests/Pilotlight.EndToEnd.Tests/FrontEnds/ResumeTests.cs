using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.FrontEnds;

/// <summary>Streams that are cut again and again, and gone on with: nothing is missing and nothing comes twice.</summary>
public sealed class ResumeTests : EndToEndTest
{
    private const int Rounds = 5;
    private const int FewestCuts = 200;
    private const string Slow = "[[sim words=400 rate=150]]";

    [Fact]
    public async Task A_response_that_is_cut_over_and_over_has_each_event_once()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        var allCuts = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var call = new JsonObject { ["model"] = "sonnet", ["input"] = Slow, ["background"] = true };
            using var begun = await gateway.Http.PostAsJsonAsync("/v1/responses", call, Token);
            var path = $"/v1/responses/{(await begun.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()}?stream=true";

            var (seen, cuts) = await CutAsync(
                last => new HttpRequestMessage(HttpMethod.Get, last is null ? path : $"{path}&starting_after={last}"),
                gateway, item => JsonElement.Parse(item.Data).GetProperty("sequence_number").GetRawText(), item => item.EventType == "response.completed");
            var whole = await ReadAsync(gateway, new HttpRequestMessage(HttpMethod.Get, path), int.MaxValue);

            Assert.Equal(whole.Select(item => item.Data), seen.Select(item => item.Data));
            allCuts += cuts;
        }

        Assert.True(allCuts >= FewestCuts, $"Only {allCuts} cuts.");
    }

    [Theory]
    [InlineData("agui", "RUN_FINISHED")]
    [InlineData("ui", "finish")]
    public async Task A_front_ends_stream_that_is_cut_over_and_over_has_each_word_once(string route, string end)
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        var path = $"/api/threads/{await gateway.CreateThreadAsync(Token)}/{route}";
        var allCuts = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var name = $"r{round}";
            var (seen, cuts) = await CutAsync(
                last => Request(name, last), gateway, item => item.EventId!, item => item.Data.Contains($"\"type\":\"{end}\"", StringComparison.Ordinal));
            var whole = await ReadAsync(gateway, Request(name, null), int.MaxValue);

            Assert.Equal(whole.Where(item => item.Data != "[DONE]").Select(item => item.Data), seen.Select(item => item.Data));
            allCuts += cuts;
        }

        Assert.True(allCuts >= FewestCuts, $"Only {allCuts} cuts.");

        // The same run, or the same message, again joins its turn.
        HttpRequestMessage Request(string name, string? last)
        {
            var body = route == "agui"
                ? JsonNode.Parse($$"""{"threadId":"t","runId":"{{name}}","messages":[{"id":"u","role":"user","content":"{{Slow}}"}],"tools":[],"context":[]}""")!
                : JsonNode.Parse($$"""{"id":"c","trigger":"submit-message","messages":[{"id":"{{name}}","role":"user","parts":[{"type":"text","text":"{{Slow}}"}]}]}""")!;
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
            if (last is not null)
            {
                request.Headers.Add("Last-Event-ID", last);
            }

            return request;
        }
    }

    private async Task<(List<SseItem<string>> Seen, int Cuts)> CutAsync(
        Func<string?, HttpRequestMessage> request, GatewayProcess gateway, Func<SseItem<string>, string> numberOf, Func<SseItem<string>, bool> isEnd)
    {
        var seen = new List<SseItem<string>>();
        var cuts = 0;
        for (; seen.Count == 0 || !isEnd(seen[^1]); cuts++)
        {
            var more = await ReadAsync(gateway, request(seen.Count == 0 ? null : numberOf(seen[^1])), 1 + (cuts % 2));
            seen.AddRange(more.Where(item => item.Data != "[DONE]"));
        }

        return (seen, cuts);
    }

    private async Task<List<SseItem<string>>> ReadAsync(GatewayProcess gateway, HttpRequestMessage request, int most)
    {
        using var asked = request;
        using var response = await gateway.Http.SendAsync(asked, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.True(response.IsSuccessStatusCode, response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync(Token) + gateway.Output);
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        var read = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(Token))
        {
            read.Add(item);
            if (read.Count == most)
            {
                break;
            }
        }

        return read;
    }
}
