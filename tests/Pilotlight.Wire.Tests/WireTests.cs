using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Pilotlight.Simulator;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Tests;

/// <summary>The way out: connections, streams, direct calls, what is seen of them and what is not.</summary>
public sealed class WireTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_are_open_before_the_first_call_and_over_tls_it_is_http_2()
    {
        string? pem = null;
        await using var host = await WireHost.StartAsync(
            (_, server) => pem = server.CertificatePem,
            new SimulatorOptions { Https = true, RoundTrip = TimeSpan.FromMilliseconds(20) },
            given => given with { ConfigureNetwork = network => Trust(network, pem!) });
        Assert.True((await host.Relay.ProbeAsync(Token)).Single().IsReached);
        var opened = host.Simulator.Requests.Select(request => request.Connection).ToHashSet();

        using var answer = await host.Relay.SendAsync(UpstreamTests.Call(), Token);
        await answer.Body.CopyToAsync(Stream.Null, Token);

        var request = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal("HTTP/2", request.Protocol);
        Assert.Contains(request.Connection, opened);
    }

    [Fact]
    public async Task A_byte_goes_on_as_it_comes()
    {
        await using var host = await WireHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Stall("one two three", afterTokens: 2));
        using var process = host.Relay.Open();
        using var http = RelayTests.Http(host.Relay.SocketPath!);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new ByteArrayContent(UpstreamTests.Call().Body.ToArray()) };
        request.Headers.Add("x-api-key", process.Environment["ANTHROPIC_API_KEY"]);

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        var (seen, buffer) = ("", new byte[4096]);
        while (!seen.Contains("two ", StringComparison.Ordinal))
        {
            seen += Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, Token));
        }

        Assert.DoesNotContain("three", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_leaves_ends_the_call_upstream_and_pays_for_what_was_told()
    {
        await using var host = await WireHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Stall("one two three", afterTokens: 2) with { InputTokens = 21 });
        var listener = new Listener();

        var answer = await host.Relay.SendAsync(UpstreamTests.Call(listener), Token);
        await answer.Body.ReadAtLeastAsync(new byte[64], 1, cancellationToken: Token);
        answer.Dispose();

        var report = await listener.FirstEnd.WaitAsync(Token);
        Assert.Equal((CallOutcome.Abandoned, 21), (report.Outcome, report.Usage.InputTokens));
    }

    [Fact]
    public async Task A_direct_call_passes_with_its_headers_and_the_servers_key()
    {
        await using var host = await WireHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Answer("straight"));
        var call = UpstreamTests.Call() with
        {
            Body = Encoding.UTF8.GetBytes("{ \"model\":\"m\", \"max_tokens\": 7,\n \"messages\":[{\"role\":\"user\",\"content\":\"hi\"}] }"),
            Headers = [new("anthropic-version", "2023-06-01"), new("anthropic-beta", "a-1,b-2"), new("authorization", "Bearer of-the-client"), new("x-api-key", "pl_of_the_client"), new("content-type", "application/json")],
        };

        using var answer = await host.Relay.SendAsync(call, Token);
        var body = await new StreamReader(answer.Body).ReadToEndAsync(Token);

        Assert.Equal((200, "anthropic"), (answer.Status, answer.Upstream));
        Assert.Contains("straight", body, StringComparison.Ordinal);
        Assert.Contains(answer.Headers, header => header.Key.Equals("request-id", StringComparison.OrdinalIgnoreCase));
        var request = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(("a-1,b-2", "2023-06-01", WireHost.Key), (request.Headers["anthropic-beta"], request.Headers["anthropic-version"], request.Headers["x-api-key"]));
        Assert.False(request.Headers.ContainsKey("authorization"));
        Assert.Equal(7, request.Body.GetProperty("max_tokens").GetInt32());
        await Assert.ThrowsAsync<ArgumentException>(() => host.Relay.SendAsync(call with { Path = "/v1/messages/batches" }, Token));
    }

    [Fact]
    public async Task The_real_key_is_nowhere_in_the_process_and_its_token_opens_nothing_else()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Agent, Token);
        host.Simulator.When(request => request.IsMessage && !request.BringsToolResult && request.LastUserText.Contains("print", StringComparison.Ordinal), Scenario.ToolUse(
            "Bash", """{"command":"env; cat /proc/$PPID/environ /proc/$PPID/cmdline | tr '\\0' '\\n'; grep -rs 'the-real-key' ~ . | head","description":"all"}"""));

        var turn = await cli.TurnAsync("print all you can", Token);

        var seen = string.Concat(host.Simulator.MessageRequests.Select(request => request.Body.GetRawText())) + string.Concat(turn);
        Assert.Contains("ANTHROPIC_UNIX_SOCKET", seen, StringComparison.Ordinal);
        Assert.DoesNotContain(WireHost.Key, seen, StringComparison.Ordinal);
        foreach (var file in new[] { "environ", "cmdline" })
        {
            Assert.DoesNotContain(WireHost.Key, Encoding.UTF8.GetString(await File.ReadAllBytesAsync($"/proc/{cli.Id}/{file}", Token)), StringComparison.Ordinal);
        }

        Assert.False(ProcessMemory.Contains(cli.Id, Encoding.UTF8.GetBytes(WireHost.Key)), "the key is in the process's memory");
        Assert.True(ProcessMemory.Contains(cli.Id, Encoding.UTF8.GetBytes(process.Environment["ANTHROPIC_API_KEY"])), "the search finds what is there");
    }

    [Fact]
    public async Task A_port_on_loopback_takes_the_sockets_place()
    {
        await using var host = await WireHost.StartAsync(setup: given => given with { SocketPath = null });
        using var process = host.Relay.Open();
        Assert.False(process.Environment.ContainsKey("ANTHROPIC_UNIX_SOCKET"));
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        host.Simulator.Enqueue(Scenario.Answer("over a port"));

        Assert.Equal("over a port", CliProcess.ResultOf(await cli.TurnAsync("hello", Token)));
    }

    [Fact]
    public async Task A_call_is_a_span_under_its_turn_and_a_metric_and_neither_has_a_word_of_it()
    {
        var spans = new List<Activity>();
        var figures = new List<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Pilotlight.Wire",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (spans)
                {
                    spans.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var meters = new MeterListener { InstrumentPublished = (instrument, own) => { if (instrument.Meter.Name == "Pilotlight.Wire") { own.EnableMeasurementEvents(instrument); } } };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}"));
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}"));
        meters.Start();
        await using var host = await WireHost.StartAsync();
        host.Simulator.Enqueue(new Scenario { Text = "unmistakable words", InputTokens = 1234567 });
        var trace = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

        using var answer = await host.Relay.SendAsync(UpstreamTests.Call() with { Turn = new WireTurn { Trace = trace } }, Token);
        await answer.Body.CopyToAsync(Stream.Null, Token);

        var span = Assert.Single(spans, span => span.TraceId == trace.TraceId);
        Assert.Equal(trace.SpanId, span.ParentSpanId);
        Assert.Contains(trace.TraceId.ToHexString(), host.Simulator.MessageRequests.Single().Headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal(1234567L, span.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Contains(figures, figure => figure.StartsWith("pilotlight.wire.tokens 1234567 upstream=anthropic", StringComparison.Ordinal));
        Assert.Contains(figures, figure => figure.StartsWith("pilotlight.wire.call.time_to_first_text", StringComparison.Ordinal));
        var all = string.Join('\n', figures.Concat(span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}")));
        Assert.DoesNotContain("unmistakable", all, StringComparison.Ordinal);
        Assert.DoesNotContain(WireHost.Key, all, StringComparison.Ordinal);

        void Note(string figure)
        {
            lock (figures)
            {
                figures.Add(figure);
            }
        }
    }

    [Fact]
    public async Task Sixteen_calls_at_once_are_each_counted_as_the_api_told_them()
    {
        await using var host = await WireHost.StartAsync();
        var listeners = Enumerable.Range(0, 16).Select(_ => new Listener()).ToList();

        await Task.WhenAll(listeners.Select(async (listener, i) =>
        {
            using var answer = await host.Relay.SendAsync(UpstreamTests.Call(listener, $"model-{i}"), Token);
            await answer.Body.CopyToAsync(Stream.Null, Token);
        }));

        Assert.Equal(
            host.Simulator.Told.OrderBy(told => told.Model, StringComparer.Ordinal).Select(told => (told.Model, (long)told.InputTokens, (long)told.OutputTokens)),
            listeners.Select(listener => listener.Ends.Single().Report).OrderBy(report => report.Model, StringComparer.Ordinal).Select(report => (report.Model, report.Usage.InputTokens, report.Usage.OutputTokens)));
    }

    private static void Trust(SocketsHttpHandler network, string pem) => network.SslOptions.CertificateChainPolicy = new X509ChainPolicy
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { X509Certificate2.CreateFromPem(pem) },
        RevocationMode = X509RevocationMode.NoCheck,
    };
}
