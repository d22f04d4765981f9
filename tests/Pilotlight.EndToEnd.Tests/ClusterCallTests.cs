using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Calls of the compatible APIs: the node that takes one hands it to the one whose process holds its history.</summary>
public sealed partial class ClusterTests
{
    private const string OpenAi = "/v1/chat/completions";
    private const string Messages = "/v1/messages";

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Messages)]
    public async Task A_call_runs_on_the_node_whose_process_holds_its_history_and_is_booked_once(string path)
    {
        await Cluster.WaitForNodesAsync(Token);
        var (before, told) = (await UsedAsync(), Cluster.Simulator.Told.Count);
        var said = new JsonArray(Said("user", $"one {Guid.NewGuid()}"));
        var answer = await CallAsync(0, path, said);
        Assert.Equal(Cluster.NameOf(0), answer.Node);
        for (var turn = 1; turn <= 4; turn++)
        {
            said.Add(Said("assistant", answer.Text));
            said.Add(Said("user", $"[[sim words=30 rate=200]] and {turn}"));
            answer = await CallAsync(turn % 3, path, said, streaming: turn > 2);

            Assert.Equal(("hot", Cluster.NameOf(0)), (answer.Acquire, answer.Node));
            Assert.Equal(string.Join(' ', Enumerable.Range(1, 30).Select(word => $"word{word}")), answer.Text);
        }

        var (after, all) = (await UsedAsync(), Cluster.Simulator.Told.Skip(told).ToArray());
        Assert.Equal((5, 5), (after.Turns - before.Turns, all.Length));
        Assert.Equal(all.Sum(one => one.OutputTokens), after.Output - before.Output);
        Assert.Equal(all.Sum(one => one.InputTokens), after.Input - before.Input);
    }

    [Fact]
    public async Task A_history_that_was_changed_or_goes_on_elsewhere_is_replayed()
    {
        await Cluster.WaitForNodesAsync(Token);
        var said = new JsonArray(Said("user", $"one {Guid.NewGuid()}"));
        var first = await CallAsync(0, Messages, said);
        said.Add(Said("assistant", first.Text + " "));
        said.Add(Said("user", "two"));

        var edited = await CallAsync(1, Messages, said);

        Assert.NotEqual("hot", edited.Acquire);
        Assert.Equal(Cluster.NameOf(1), edited.Node);
    }

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Messages)]
    public async Task Results_of_calls_reach_the_process_that_waits_for_them_through_another_node(string path)
    {
        await Cluster.WaitForNodesAsync(Token);
        var call = Ask(path, $$$"""[[sim tool=mcp__functions__weather input={"city":"Oslo"}]] {{{Guid.NewGuid()}}}""");
        using var asked = await SendAsync(0, path, call);
        var reply = await asked.Content.ReadFromJsonAsync<JsonElement>(Token);
        Answer(path, call, reply);

        using var answered = await SendAsync(1, path, call);

        Assert.Equal(("hot", Cluster.NameOf(0)), (Header(answered, "x-pilotlight-acquire"), Header(answered, "x-pilotlight-node")));
        Assert.True(Cluster.Simulator.MessageRequests[^1].BringsToolResult);
    }

    [Fact]
    public async Task A_response_that_is_not_stored_runs_where_it_comes_its_history_with_it()
    {
        await Cluster.WaitForNodesAsync(Token);
        var input = new JsonArray(Said("user", $"one {Guid.NewGuid()}"));
        var first = await RespondAsync(0, input);
        foreach (var item in first.Answer.GetProperty("output").EnumerateArray())
        {
            input.Add(JsonNode.Parse(item.GetRawText()));
        }

        input.Add(Said("user", "and two"));

        var second = await RespondAsync(1, input);

        Assert.Equal((Cluster.NameOf(0), Cluster.NameOf(1)), (first.Node, second.Node));
        Assert.Equal(
            [input[0]!["content"]!.GetValue<string>(), "and two"], Cluster.Simulator.MessageRequests[^1].Messages.Where(message => message.Role == "user").Select(message => message.Text));

        async Task<(JsonElement Answer, string Node)> RespondAsync(int through, JsonArray said)
        {
            using var response = await SendAsync(through, "/v1/responses", new JsonObject { ["model"] = "sonnet", ["store"] = false, ["input"] = said.DeepClone() });
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
            return (await response.Content.ReadFromJsonAsync<JsonElement>(Token), Header(response, "x-pilotlight-node"));
        }
    }

    [Fact]
    public async Task What_stands_against_a_call_is_told_by_the_node_that_took_it()
    {
        await Cluster.WaitForNodesAsync(Token);
        var said = new JsonArray(Said("user", $"one {Guid.NewGuid()}"));
        var first = await CallAsync(0, OpenAi, said);
        said.Add(Said("assistant", first.Text));
        said.Add(Said("user", string.Join(' ', Enumerable.Repeat("word", 200_000))));

        using var refused = await SendAsync(1, OpenAi, new JsonObject { ["model"] = "sonnet", ["messages"] = said.DeepClone() });

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(Cluster.NameOf(0), Header(await SendAsync(1, OpenAi, new JsonObject { ["model"] = "sonnet", ["messages"] = new JsonArray([.. said.Take(2).Select(one => one!.DeepClone()), Said("user", "two")]) }), "x-pilotlight-node"));
    }

    [Fact]
    public async Task A_client_that_leaves_stops_its_call_on_the_node_that_runs_it()
    {
        await Cluster.WaitForNodesAsync(Token);
        var said = new JsonArray(Said("user", $"one {Guid.NewGuid()}"));
        var first = await CallAsync(0, Messages, said);
        said.Add(Said("assistant", first.Text));
        said.Add(Said("user", "[[sim words=20 stall-after=3]]"));

        using (var response = await SendAsync(1, Messages, Body(said, streaming: true)))
        {
            Assert.Equal(Cluster.NameOf(0), Header(response, "x-pilotlight-node"));
            await WaitForRunningAsync(0, 1);
        }

        await WaitForRunningAsync(0, 0);
    }

    [Fact]
    public async Task A_call_stops_where_it_runs_when_the_node_that_was_asked_is_killed_and_what_it_used_is_booked()
    {
        await Cluster.WaitForNodesAsync(Token);
        var before = await UsedAsync();
        var said = new JsonArray(Said("user", $"one {Guid.NewGuid()}"));
        var first = await CallAsync(0, Messages, said);
        said.Add(Said("assistant", first.Text));
        said.Add(Said("user", "[[sim words=20 stall-after=3]]"));

        using (await SendAsync(1, Messages, Body(said, streaming: true)))
        {
            await WaitForRunningAsync(0, 1);
            await Cluster.KillAsync(1);
        }

        await WaitForRunningAsync(0, 0);
        Assert.Equal(2, (await UsedAsync()).Turns - before.Turns);
        await nodes.StartAsync(1);
    }

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Messages)]
    public async Task A_call_whose_node_is_killed_in_the_middle_is_told_so_and_runs_when_it_is_sent_again(string path)
    {
        await Cluster.WaitForNodesAsync(Token);
        var said = new JsonArray(Said("user", $"one {Guid.NewGuid()}"));
        var first = await CallAsync(0, path, said);
        var question = $"[[sim words=400 rate=40]] {Guid.NewGuid()}";
        said.Add(Said("assistant", first.Text));
        said.Add(Said("user", question));

        var events = new List<string>();
        using (var response = await SendAsync(1, path, Body(said, streaming: true)))
        {
            Assert.Equal(("hot", Cluster.NameOf(0)), (Header(response, "x-pilotlight-acquire"), Header(response, "x-pilotlight-node")));
            await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(Token)).EnumerateAsync(Token))
            {
                events.Add(item.Data);
                if (events.Count == 6)
                {
                    await Cluster.KillAsync(0);
                }
            }
        }

        Assert.Contains("went away in the middle", events[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(events, data => data == "[DONE]" || data.Contains("message_stop", StringComparison.Ordinal));
        Assert.Single(Cluster.Simulator.MessageRequests, request => request.LastUserText.Contains(question, StringComparison.Ordinal));

        said[^1] = Said("user", "go on");
        var again = await CallAsync(1, path, said);
        Assert.NotEqual("hot", again.Acquire);
        Assert.Equal([said[0]!["content"]!.GetValue<string>(), "go on"], Cluster.Simulator.MessageRequests[^1].Messages.Where(message => message.Role == "user").Select(message => message.Text));
        said.Add(Said("assistant", again.Text));
        said.Add(Said("user", "and on"));
        Assert.Equal(("hot", Cluster.NameOf(1)), await CallAsync(2, path, said) is var last ? (last.Acquire, last.Node) : default);
        await nodes.StartAsync(0);
    }

    private static JsonObject Said(string role, JsonNode content) => new() { ["role"] = role, ["content"] = content };

    private static JsonObject Body(JsonArray messages, bool streaming) =>
        new() { ["model"] = "sonnet", ["max_tokens"] = 4096, ["stream"] = streaming, ["messages"] = messages.DeepClone() };

    private static JsonObject Ask(string path, string text)
    {
        var call = Body(new JsonArray(Said("user", text)), streaming: false);
        var schema = """{"type":"object","properties":{"city":{"type":"string"}}}""";
        call["tools"] = new JsonArray(path == OpenAi
            ? new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "weather", ["description"] = "How it is.", ["parameters"] = JsonNode.Parse(schema) } }
            : new JsonObject { ["name"] = "weather", ["description"] = "How it is.", ["input_schema"] = JsonNode.Parse(schema) });
        return call;
    }

    private static void Answer(string path, JsonObject call, JsonElement asked)
    {
        var messages = call["messages"]!.AsArray();
        if (path == OpenAi)
        {
            var message = asked.GetProperty("choices")[0].GetProperty("message");
            messages.Add(JsonNode.Parse(message.GetRawText()));
            messages.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = message.GetProperty("tool_calls")[0].GetProperty("id").GetString(), ["content"] = "rain" });
            return;
        }

        var content = asked.GetProperty("content");
        messages.Add(Said("assistant", JsonNode.Parse(content.GetRawText())!));
        messages.Add(Said("user", new JsonArray(new JsonObject
        {
            ["type"] = "tool_result", ["tool_use_id"] = content.EnumerateArray().Last().GetProperty("id").GetString(), ["content"] = "rain",
        })));
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private async Task<HttpResponseMessage> SendAsync(int through, string path, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        return await Cluster[through].Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    private async Task<(string Text, string Acquire, string Node)> CallAsync(int through, string path, JsonArray messages, bool streaming = false)
    {
        using var response = await SendAsync(through, path, Body(messages, streaming));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        var text = streaming ? await StreamedAsync(response)
            : await response.Content.ReadFromJsonAsync<JsonElement>(Token) is var answer && path == Messages ? answer.GetProperty("content")[0].GetProperty("text").GetString()!
            : answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        return (text, Header(response, "x-pilotlight-acquire"), Header(response, "x-pilotlight-node"));
    }

    private async Task<string> StreamedAsync(HttpResponseMessage response)
    {
        var text = "";
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(Token)).EnumerateAsync(Token))
        {
            if (item.Data != "[DONE]" && JsonNode.Parse(item.Data) is { } data)
            {
                text += (string?)data["choices"]?[0]?["delta"]?["content"] ?? (string?)data["delta"]?["text"];
            }
        }

        return text;
    }

    private async Task WaitForRunningAsync(int node, int count)
    {
        while ((await Cluster[node].GetAsync("/api/cluster", Token)).GetProperty("nodes")[0].GetProperty("running").GetInt32() != count)
        {
            await Task.Delay(50, Token);
        }
    }

    private async Task<(int Turns, long Input, long Output)> UsedAsync()
    {
        var total = (await Cluster[0].GetAsync("/api/usage", Token)).GetProperty("total");
        return (total.GetProperty("turns").GetInt32(), total.GetProperty("inputTokens").GetInt64(), total.GetProperty("outputTokens").GetInt64());
    }
}
