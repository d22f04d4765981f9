using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Pilotlight.Simulator.Tests;

/// <summary>The simulator as a client of the Messages API sees it.</summary>
public sealed class SimulatorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_streams_events_in_the_apis_order()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        simulator.Enqueue(Scenario.Thinking("let me see", "one two"));

        var body = await (await PostAsync(simulator, "hi")).Content.ReadAsStringAsync(Token);

        var types = body.Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal)).Select(line => line[7..]).ToArray();
        Assert.Equal("message_start", types[0]);
        Assert.Equal(["message_delta", "message_stop"], types[^2..]);
        Assert.Equal(2, types.Count(type => type == "content_block_start"));
        var deltas = body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
            .Select(line => JsonDocument.Parse(line[6..]).RootElement)
            .Where(data => data.TryGetProperty("delta", out var delta) && delta.TryGetProperty("text", out _))
            .Select(data => data.GetProperty("delta").GetProperty("text").GetString());
        Assert.Equal(["one ", "two"], deltas);
    }

    [Fact]
    public async Task It_answers_whole_without_stream_and_says_what_it_is()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);

        using var response = await PostAsync(simulator, "the question", stream: false);
        var message = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        var text = message.GetProperty("content")[0].GetProperty("text").GetString();
        Assert.Contains("simulated model", text, StringComparison.Ordinal);
        Assert.Contains("the question", text, StringComparison.Ordinal);
        Assert.Equal("end_turn", message.GetProperty("stop_reason").GetString());
    }

    [Fact]
    public async Task It_refuses_in_the_apis_own_shape()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        simulator.Enqueue(Scenario.Status(429, retryAfterSeconds: 7));

        using var response = await PostAsync(simulator, "hi");
        var error = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("7", response.Headers.GetValues("retry-after").Single());
        Assert.Equal("rate_limit_error", error.GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_last_directive_of_a_message_counts()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);

        using var response = await PostAsync(simulator, "[[sim words=7]] [Request interrupted by user] [[sim words=2]]", stream: false);
        var message = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal("word1 word2", message.GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_directive_acts_as_often_as_it_says()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        const string Text = "try [[sim status=529 times=2 retry-after=0]]";

        var statuses = new List<int>();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            using var response = await PostAsync(simulator, Text);
            statuses.Add((int)response.StatusCode);
        }

        Assert.Equal([529, 529, 200], statuses);
    }

    [Fact]
    public async Task A_cut_breaks_the_connection_after_what_was_sent()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        simulator.Enqueue(Scenario.Cut("one two three", afterTokens: 2));
        using var response = await PostAsync(simulator, "hi");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var body = "";

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await reader.ReadLineAsync(Token) is { } line)
            {
                body += line + "\n";
            }
        });

        Assert.Contains("two ", body, StringComparison.Ordinal);
        Assert.DoesNotContain("three", body, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_records_what_it_was_sent_without_the_clis_own_notes()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        using var http = new HttpClient { BaseAddress = simulator.BaseAddress };

        await http.PostAsJsonAsync("/v1/messages?beta=true", new
        {
            model = "m",
            system = new[] { new { type = "text", text = "be brief" } },
            messages = new object[]
            {
                new { role = "user", content = "one" },
                new { role = "system", content = "a note" },
                new { role = "assistant", content = new[] { new { type = "text", text = "two" } } },
            },
        }, Token);

        var seen = await simulator.WaitForRequestAsync(request => request.IsMessage, Token);
        Assert.Equal(("m", "be brief"), (seen.Model, seen.SystemPrompt));
        Assert.Equal(["user: one", "assistant: two"], seen.Messages.Select(message => $"{message.Role}: {message.Text}"));
        Assert.Equal(3, seen.AllMessages.Count);
    }

    [Fact]
    public async Task It_is_steered_from_another_process()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        using var http = new HttpClient { BaseAddress = simulator.BaseAddress };

        await http.PostAsJsonAsync("/_simulator/scenarios", new[] { new { text = "as told" } }, Token);
        using var response = await PostAsync(simulator, "hi", stream: false);
        var requests = await http.GetFromJsonAsync<JsonElement>("/_simulator/requests", Token);
        await http.DeleteAsync("/_simulator/requests", Token);

        Assert.Contains("as told", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(1, requests.GetArrayLength());
        Assert.Empty(simulator.Requests);
    }

    [Fact]
    public async Task Counting_head_and_unknown_routes_are_answered()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        using var http = new HttpClient { BaseAddress = simulator.BaseAddress };

        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Token);
        using var count = await http.PostAsJsonAsync("/v1/messages/count_tokens", new { messages = new[] { new { role = "user", content = new string('x', 400) } } }, Token);
        using var unknown = await http.GetAsync("/nothing", Token);

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(100, (await count.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("input_tokens").GetInt32());
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task It_remembers_what_it_told_that_answers_used_cut_ones_too()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        simulator.Enqueue(new Scenario { Text = "one two three", InputTokens = 10, CacheReadTokens = 20 }, Scenario.Cut("one two three", afterTokens: 1) with { InputTokens = 5 });

        await (await PostAsync(simulator, "hi")).Content.ReadAsStringAsync(Token);
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await PostAsync(simulator, "hi")).Content.ReadAsStringAsync(Token));

        Assert.Equal([new ToldUsage("m", 10, 20, 0, 3, true), new ToldUsage("m", 5, 0, 0, 1, false)], simulator.Told);
        using var http = new HttpClient { BaseAddress = simulator.BaseAddress };
        Assert.Equal(simulator.Told, await http.GetFromJsonAsync<ToldUsage[]>("/_simulator/told", Token));
    }

    [Theory]
    [InlineData("{\"max_tokens\":2}", "one two ", "max_tokens", null)]
    [InlineData("{\"max_tokens\":50,\"stop_sequences\":[\"x\",\"thr\"]}", "one two ", "stop_sequence", "thr")]
    [InlineData("{\"max_tokens\":3}", "one two three", "end_turn", null)]
    public async Task It_stops_where_the_request_says(string limits, string text, string reason, string? sequence)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        simulator.Enqueue(Scenario.Answer("one two three"));
        using var http = new HttpClient { BaseAddress = simulator.BaseAddress };
        var body = System.Text.Json.Nodes.JsonNode.Parse(limits)!.AsObject();
        body["messages"] = new System.Text.Json.Nodes.JsonArray(new System.Text.Json.Nodes.JsonObject { ["role"] = "user", ["content"] = "hi" });

        using var response = await http.PostAsJsonAsync("/v1/messages", body, Token);
        var message = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal(
            (text, reason, sequence),
            (message.GetProperty("content")[0].GetProperty("text").GetString(), message.GetProperty("stop_reason").GetString(), message.GetProperty("stop_sequence").GetString()));
    }

    [Fact]
    public async Task It_speaks_https_by_a_certificate_that_is_trusted_only_by_who_is_told_of_it()
    {
        await using var simulator = await SimulatorServer.StartAsync(new SimulatorOptions { Https = true }, Token);
        using var strange = new HttpClient { BaseAddress = simulator.BaseAddress };
        using var told = new HttpClient(new SocketsHttpHandler
        {
            SslOptions =
            {
                CertificateChainPolicy = new()
                {
                    TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(simulator.CertificatePem!) },
                    RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                },
            },
        }) { BaseAddress = simulator.BaseAddress };

        await Assert.ThrowsAsync<HttpRequestException>(() => strange.GetAsync("/", Token));
        using var answer = await told.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Token);

        Assert.Equal(("https", HttpStatusCode.OK), (simulator.BaseAddress.Scheme, answer.StatusCode));
    }

    [Fact]
    public async Task A_far_one_takes_a_round_trip_to_connect_to_and_one_to_answer()
    {
        var roundTrip = TimeSpan.FromMilliseconds(60);
        await using var simulator = await SimulatorServer.StartAsync(new SimulatorOptions { RoundTrip = roundTrip }, Token);
        using var http = new HttpClient { BaseAddress = simulator.BaseAddress };

        var (first, second) = (await HeadAsync(), await HeadAsync());

        Assert.True(first >= 1.95 * roundTrip, $"the first took {first}");
        Assert.True(second >= 0.95 * roundTrip, $"the second took {second}");

        async Task<TimeSpan> HeadAsync()
        {
            var startedAt = System.Diagnostics.Stopwatch.GetTimestamp();
            using var answer = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Token);
            return System.Diagnostics.Stopwatch.GetElapsedTime(startedAt);
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(SimulatorServer simulator, string text, bool stream = true)
    {
        var http = new HttpClient { BaseAddress = simulator.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = JsonContent.Create(new { model = "m", stream, messages = new[] { new { role = "user", content = text } } }),
        };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }
}
