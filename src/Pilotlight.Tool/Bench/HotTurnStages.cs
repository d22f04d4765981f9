using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Pilotlight.Tool.Bench;

/// <summary>Follows hot turns from the client's request to its first text, and says which part took how long.</summary>
/// <remarks>
/// Client, gateway and simulator are in this process, so one clock times them, from what each tells anyway: the web server's
/// diagnostics, the response's <c>x-pilotlight-overhead-ms</c>, the simulator's record of when it was asked, the turn's <c>ttftMs</c>.
/// </remarks>
internal sealed class HotTurnStages(BenchRig rig) : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly RequestClock _clock = new();
    private readonly HttpClient _http = new() { BaseAddress = rig.Pooled.Addresses[0] };

    private readonly StageReport _gateway = StageReport.OfGateway();
    private readonly StageReport _cli = StageReport.OfCli();
    private readonly List<double> _floor = [];

    public async Task RunAsync(int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        await rig.ReadyAsync(cancellationToken);
        var thread = (await rig.Client.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
        await BenchRig.TurnAsync(rig.Client, thread, Benchmark.Question, "warm", cancellationToken);
        await rig.ReadyAsync(cancellationToken);
        await using var cli = await CliStages.StartAsync(rig, cancellationToken);
        for (var run = 0; run <= runs; run++)
        {
            progress(run == 0 ? "a hot turn, to warm up" : $"hot turn {run} of {runs}");
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancellationToken);
            var throughGateway = await FollowAsync(thread, cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancellationToken);
            var byItself = await cli.TurnAsync(cancellationToken);
            var floor = await rig.Http!.RunAsync(Benchmark.Question, cancellationToken);
            if (run > 0)
            {
                _gateway.Add(throughGateway);
                _cli.Add(byItself);
                _floor.Add(floor.FirstTokenMs);
            }
        }
    }

    public string ToJson() => JsonSerializer.Serialize(
        new { unit = "ms", hot = _gateway.ToJson(), cli = _cli.ToJson(), floorMedian = Quantiles.Median(_floor), floorP95 = Quantiles.P95(_floor) }, s_json);

    public string ToMarkdown() => $"{_gateway.ToMarkdown()}\n{_cli.ToMarkdown()}\n" + string.Create(
        CultureInfo.InvariantCulture,
        $"The floor, the simulated API by plain HTTP: {Quantiles.Median(_floor):0.00} ms (p95 {Quantiles.P95(_floor):0.00}).\n");

    public void Dispose()
    {
        _http.Dispose();
        _clock.Dispose();
    }

    private async Task<IReadOnlyList<double>> FollowAsync(string thread, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        var askedAt = TimeProvider.System.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns") { Content = JsonContent.Create(new { text = Benchmark.Question }) };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        double firstText = 0;
        double adapter = 0;
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken))
        {
            switch (item.EventType)
            {
                case "text.delta" when firstText == 0:
                    firstText = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
                    break;
                case "turn.completed":
                    adapter = JsonSerializer.Deserialize<JsonElement>(item.Data).GetProperty("ttftMs").GetDouble();
                    break;
                case "turn.failed":
                    throw new InvalidOperationException($"A turn failed: {item.Data}");
            }
        }

        var came = Stopwatch.GetElapsedTime(asked, _clock.CameAt).TotalMilliseconds;
        var handed = came + double.Parse(response.Headers.GetValues("x-pilotlight-overhead-ms").Single(), CultureInfo.InvariantCulture);
        var apiAsked = (rig.Pooled.Simulator!.MessageRequests[^1].At - askedAt).TotalMilliseconds;
        return [came, handed, apiAsked, handed + adapter, firstText];
    }
}
