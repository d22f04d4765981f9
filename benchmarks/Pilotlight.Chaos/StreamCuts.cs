using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Clients of the Responses API, of AG-UI and of the AI SDK's chat that are cut off at random moments and go on after what they have.</summary>
internal static class StreamCuts
{
    private const int Words = 60;
    private const int Clients = 4;

    /// <summary>Cuts each of the three kinds of stream so often.</summary>
    /// <returns>0 when no stream had a gap or a repeat beside the whole one, read afterwards in one go.</returns>
    public static async Task<int> RunAsync(int cuts, TimeLimit limit)
    {
        await using var rig = await GatewayRig.CreateAsync();
        await using var gateway = await rig.StartAsync("--Pilotlight:Relay:BatchDelay=00:00:00.005");
        var isSound = true;
        foreach (var stream in new ResumedStream[] { new ResponseStream(gateway), new FrontEndStream(gateway, "agui"), new FrontEndStream(gateway, "ui") })
        {
            var (made, streams, wrong, items) = (0, 0, 0, 0);
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(async seed =>
            {
                var random = new Random(seed);
                while (Volatile.Read(ref made) < cuts && !limit.IsOver)
                {
                    var ask = await stream.BeginAsync();
                    var seen = new List<SseItem<string>>();
                    while (true)
                    {
                        seen.AddRange(await stream.ReadAsync(ask(seen.Count == 0 ? null : stream.NumberOf(seen[^1])), random.Next(1, 12)));
                        if (seen.Count > 0 && stream.IsLast(seen[^1]))
                        {
                            break;
                        }

                        Interlocked.Increment(ref made);
                    }

                    var whole = await stream.ReadAsync(ask(null), int.MaxValue);
                    Interlocked.Increment(ref streams);
                    Interlocked.Add(ref items, seen.Count);
                    Interlocked.Add(ref wrong, whole.Select(item => item.Data).SequenceEqual(seen.Select(item => item.Data)) && seen[^1].Data.Length > 0 ? 0 : 1);
                }
            }));
            Console.WriteLine($"{stream.Name}: {made} cuts in {streams} streams of {items} events: {wrong} streams with a gap or a repeat");
            isSound &= wrong == 0 && made >= cuts;
        }

        Console.WriteLine($"in {limit.Elapsed.TotalSeconds:0} s");
        return isSound ? 0 : 1;
    }

    private abstract class ResumedStream(GatewayProcess gateway)
    {
        public abstract string Name { get; }

        protected GatewayProcess Gateway => gateway;

        /// <summary>Begins an answer; returns how to ask for what comes after an item.</summary>
        public abstract Task<Func<string?, HttpRequestMessage>> BeginAsync();

        public abstract string NumberOf(SseItem<string> item);

        public abstract bool IsLast(SseItem<string> item);

        /// <summary>Reads so many, and cuts the connection.</summary>
        public async Task<List<SseItem<string>>> ReadAsync(HttpRequestMessage request, int most)
        {
            using var asked = request;
            using var response = await gateway.Http.SendAsync(asked, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            await using var stream = await response.Content.ReadAsStreamAsync();
            var read = new List<SseItem<string>>();
            await foreach (var item in SseParser.Create(stream).EnumerateAsync())
            {
                if (item.Data == "[DONE]")
                {
                    continue;
                }

                read.Add(item);
                if (read.Count >= most)
                {
                    break;
                }
            }

            return read;
        }

        protected static string Ask() => $"[[sim words={Words} rate=300]] {Guid.NewGuid():N}";
    }

    private sealed class ResponseStream(GatewayProcess gateway) : ResumedStream(gateway)
    {
        public override string Name => "responses";

        public override async Task<Func<string?, HttpRequestMessage>> BeginAsync()
        {
            using var begun = await Gateway.Http.PostAsJsonAsync("/v1/responses", new JsonObject { ["model"] = "sonnet", ["input"] = Ask(), ["background"] = true });
            var path = $"/v1/responses/{(await begun.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()}?stream=true";
            return last => new HttpRequestMessage(HttpMethod.Get, last is null ? path : $"{path}&starting_after={last}");
        }

        public override string NumberOf(SseItem<string> item) => JsonElement.Parse(item.Data).GetProperty("sequence_number").GetRawText();

        public override bool IsLast(SseItem<string> item) => item.EventType is "response.completed" or "response.failed" or "response.incomplete";
    }

    private sealed class FrontEndStream(GatewayProcess gateway, string route) : ResumedStream(gateway)
    {
        public override string Name => route;

        public override async Task<Func<string?, HttpRequestMessage>> BeginAsync()
        {
            var (path, text, name) = ($"/api/threads/{await Gateway.CreateThreadAsync(CancellationToken.None)}/{route}", Ask(), Guid.NewGuid().ToString("N"));

            // The same run, or the same message, again joins its turn.
            return last =>
            {
                var body = route == "agui"
                    ? JsonNode.Parse($$"""{"threadId":"t","runId":"{{name}}","messages":[{"id":"u","role":"user","content":"{{text}}"}],"tools":[],"context":[]}""")
                    : JsonNode.Parse($$"""{"id":"c","trigger":"submit-message","messages":[{"id":"{{name}}","role":"user","parts":[{"type":"text","text":"{{text}}"}]}]}""");
                var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
                if (last is not null)
                {
                    request.Headers.Add("Last-Event-ID", last);
                }

                return request;
            };
        }

        public override string NumberOf(SseItem<string> item) => item.EventId!;

        public override bool IsLast(SseItem<string> item) => JsonElement.Parse(item.Data).GetProperty("type").GetString() is "RUN_FINISHED" or "RUN_ERROR" or "finish" or "error";
    }
}
