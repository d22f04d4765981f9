using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Threads are forked, searched and taken away.</summary>
public sealed class ThreadTests : EndToEndTest
{
    [Fact]
    public async Task A_fork_has_what_was_said_up_to_a_message_and_goes_its_own_way()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var thread = await gateway.CreateThreadAsync(Token, new { title = "Trip", systemPrompt = "Be brief." });
        foreach (var (question, answer) in new[] { ("One?", "First."), ("Two?", "Second."), ("Three?", "Third.") })
        {
            simulator.Enqueue(Scenario.Answer(answer));
            await gateway.TurnAsync(thread, question, Token).LastAsync(Token);
        }

        var messages = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray().Select(message => message.GetProperty("id").GetString()!).ToArray();
        var afterAnswer = await ForkAsync(gateway, thread, messages[1]);
        var beforeQuestion = await ForkAsync(gateway, thread, messages[2]);
        simulator.Enqueue(Scenario.Answer("Other."));
        await gateway.TurnAsync(beforeQuestion, "Two, in other words?", Token).LastAsync(Token);

        Assert.Equal(["One?", "First."], await SaidAsync(gateway, afterAnswer));
        Assert.Equal(["One?", "First.", "Two, in other words?", "Other."], await SaidAsync(gateway, beforeQuestion));
        Assert.Equal(["One?", "First.", "Two?", "Second.", "Three?", "Third."], await SaidAsync(gateway, thread));
        Assert.Equal(["One?", "First.", "Two, in other words?"], simulator.MessageRequests[^1].Messages.Select(message => message.Text));
        Assert.Contains("Be brief.", simulator.MessageRequests[^1].SystemPrompt, StringComparison.Ordinal);
        using var unknown = await gateway.Http.PostAsJsonAsync($"/api/threads/{afterAnswer}/fork", new { messageId = messages[5] }, Token);
        Assert.Equal((HttpStatusCode.NotFound, "urn:pilotlight:problem:message-not-found"), (unknown.StatusCode, (await unknown.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_thread_is_found_by_what_was_said_and_taken_away_as_text_and_as_data()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var (trip, other) = (await gateway.CreateThreadAsync(Token, new { title = "Reise \"nach\" Ü/\\🙂" }), await gateway.CreateThreadAsync(Token));
        simulator.Enqueue(Scenario.Answer("明日は雨です。"), Scenario.Answer("Nothing."));
        await gateway.TurnAsync(trip, "Wie wird das Wetter in ZÜRICH?", Token).LastAsync(Token);
        await gateway.TurnAsync(other, "What?", Token).LastAsync(Token);

        foreach (var search in new[] { "zürich", "wetter zürich", "雨", "reise" })
        {
            var found = (await gateway.GetAsync("/api/threads?search=" + Uri.EscapeDataString(search), Token)).GetProperty("items").EnumerateArray().Select(thread => thread.GetProperty("id").GetString());
            Assert.Equal([trip], found);
        }

        using var markdown = await gateway.Http.GetAsync($"/api/threads/{trip}/export", Token);
        var text = await markdown.Content.ReadAsStringAsync(Token);
        Assert.Equal(("text/markdown", "attachment"), (markdown.Content.Headers.ContentType!.MediaType, markdown.Content.Headers.ContentDisposition!.DispositionType));
        Assert.StartsWith("# Reise \"nach\" Ü/\\🙂\n", text, StringComparison.Ordinal);
        Assert.Contains("\n## You, ", text, StringComparison.Ordinal);
        Assert.Contains("\nWie wird das Wetter in ZÜRICH?\n", text, StringComparison.Ordinal);
        Assert.Contains("\n明日は雨です。\n", text, StringComparison.Ordinal);
        var json = await gateway.GetAsync($"/api/threads/{trip}/export?format=json", Token);
        Assert.Equal(trip, json.GetProperty("thread").GetProperty("id").GetString());
        Assert.True(JsonElement.DeepEquals((await gateway.GetAsync($"/api/threads/{trip}/messages", Token)).GetProperty("items"), json.GetProperty("messages")), json.GetRawText());
        using var unknown = await gateway.Http.GetAsync($"/api/threads/{trip}/export?format=pdf", Token);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
    }

    private async Task<string> ForkAsync(GatewayProcess gateway, string thread, string message)
    {
        using var forked = await gateway.Http.PostAsJsonAsync($"/api/threads/{thread}/fork", new { messageId = message }, Token);
        Assert.Equal(HttpStatusCode.Created, forked.StatusCode);
        return (await forked.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private async Task<string[]> SaidAsync(GatewayProcess gateway, string thread) =>
        [.. (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray().Select(message => message.GetProperty("text").GetString()!)];
}
