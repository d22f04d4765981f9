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
    private const string Responses = "responses";
    private static readonly string[] s_kinds = [Responses, "agui", "ui"];

    /// <summary>Cuts so many streams of each of the three kinds, each over and over until its end.</summary>
    /// <returns>0 when all were cut, and none had a gap or a repeat beside the whole one, read afterwards in one go.</returns>
    public static async Task<int> RunAsync(int count, string? only, TimeLimit limit)
    {
        await using var rig = await GatewayRig.CreateAsync();
        await using var gateway = await rig.StartAsync("--Pilotlight:Relay:BatchDelay=00:00:00.005");
        var isSound = true;
        foreach (var kind in s_kinds.Where(kind => only is null || kind == only))
        {
            var (begun, cuts, streams, wrong, items) = (0, 0, 0, 0, 0);
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(async seed =>
            {
                var random = new Random(seed);
                ResumedStream stream = kind == Responses ? new ResponseStream(gateway) : new FrontEndStream(gateway, kind);
                while (!limit.IsOver && Interlocked.Increment(ref begun) <= count)
                {
                    var ask = await stream.BeginAsync();
                    var (seen, ofThis) = (new List<SseItem<string>>(), 0);
                    while (true)
                    {
                        seen.AddRange(await stream.ReadAsync(ask(seen.Count == 0 ? null : stream.NumberOf(seen[^1])), random.Next(1, 12)));
                        if (seen.Count > 0 && stream.IsLast(seen[^1]))
                        {
                            break;
                        }

                        ofThis++;
                    }

                    var whole = await stream.ReadAsync(ask(null), int.MaxValue);
                    Interlocked.Add(ref cuts, ofThis);
                    Interlocked.Add(ref streams, ofThis > 0 ? 1 : 0);
                    Interlocked.Add(ref items, seen.Count);
                    Interlocked.Add(ref wrong, whole.Select(item => item.Data).SequenceEqual(seen.Select(item => item.Data)) && seen[^1].Data.Length > 0 ? 0 : 1);
                }
            }));
            Console.WriteLine($"{kind}: {streams} streams of {items} events, cut {cuts} times and resumed: {wrong} streams with a gap or a repeat");
            isSound &= wrong == 0 && streams >= count;
        }

        Console.WriteLine($"in {limit.Elapsed.TotalSeconds:0} s");
        return isSound ? 0 : 1;
    }

    private abstract class ResumedStream(GatewayProcess gateway)
    {
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
        private string? _before;

        public override async Task<Func<string?, HttpRequestMessage>> BeginAsync()
        {
            using var begun = await Gateway.Http.PostAsJsonAsync("/v1/responses", new JsonObject { ["model"] = "sonnet", ["input"] = Ask(), ["background"] = true, ["previous_response_id"] = _before });
            _before = (await begun.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            var path = $"/v1/responses/{_before}?stream=true";
            return last => new HttpRequestMessage(HttpMethod.Get, last is null ? path : $"{path}&starting_after={last}");
        }

        public override string NumberOf(SseItem<string> item) => JsonElement.Parse(item.Data).GetProperty("sequence_number").GetRawText();

        public override bool IsLast(SseItem<string> item) => item.EventType is "response.completed" or "response.failed" or "response.incomplete";
    }

    private sealed class FrontEndStream(GatewayProcess gateway, string route) : ResumedStream(gateway)
    {
        private string? _thread;

        public override async Task<Func<string?, HttpRequestMessage>> BeginAsync()
        {
            _thread ??= await Gateway.CreateThreadAsync(CancellationToken.None);
            var (path, text, name) = ($"/api/threads/{_thread}/{route}", Ask(), Guid.NewGuid().ToString("N"));

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
