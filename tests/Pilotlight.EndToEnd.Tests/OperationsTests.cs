using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>What those who run a gateway rely on.</summary>
public sealed class OperationsTests : EndToEndTest
{
    [Fact]
    public async Task Traces_go_from_the_request_through_the_lease_to_the_first_token_when_a_collector_is_named()
    {
        await using var collector = await Collector.StartAsync(Token);
        await using (var gateway = await GatewayProcess.StartAsync(Data, Token, collector.Environment, "--simulate"))
        {
            var thread = await gateway.CreateThreadAsync(Token);
            await gateway.TurnAsync(thread, "hi", Token).ToListAsync(Token);
            Assert.Equal(0, await gateway.StopAsync(Token));
        }

        foreach (var name in new[] { "POST /api/threads/{id}/turns", "chat", "pilotlight.acquire", "pilotlight.first_token", "gen_ai.request.model" })
        {
            Assert.Contains(name, collector.Received("/v1/traces"), StringComparison.Ordinal);
        }

        Assert.Contains("pilotlight.gateway.overhead", collector.Received("/v1/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reference_page_and_its_script_are_served_from_here()
    {
        var gateway = await SharedGateway.Instance;

        var page = await gateway.Http.GetStringAsync("/scalar/", Token);
        using var script = await gateway.Http.GetAsync("/scalar/scalar.js", HttpCompletionOption.ResponseHeadersRead, Token);

        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.Equal("text/javascript", script.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Every_route_is_described()
    {
        var gateway = await SharedGateway.Instance;

        var api = await gateway.GetAsync("/openapi/v1.json", Token);

        foreach (var path in api.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                Assert.True(operation.Value.TryGetProperty("summary", out _), $"{operation.Name} {path.Name} has no summary.");
            }
        }

        var events = api.GetProperty("paths").GetProperty("/api/threads/{id}/turns").GetProperty("post");
        Assert.Contains("turn.completed", events.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Contains("text/event-stream", events.GetProperty("responses").GetProperty("200").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_table_of_routes_is_what_the_gateway_describes()
    {
        var gateway = await SharedGateway.Instance;
        var api = await gateway.GetAsync("/openapi/v1.json", Token);
        var table = new StringBuilder(
            """
            # Every route

            JSON in camelCase, times as ISO 8601 UTC, errors as RFC 9457 problem+json with a stable `type` and a `traceId` (the compatible APIs have their own). A key is shown as
            `Authorization: Bearer pl_…` or `x-api-key: pl_…`. The whole description, with every field, is at `/openapi/v1.json` of a running gateway, and to read at `/scalar`.
            This page is made of it. What comes in a turn's stream: [events](events.md).

            | route | |
            | --- | --- |

            """);
        foreach (var path in api.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var says = operation.Value.GetProperty("summary").GetString()!.Replace("|", "\\|", StringComparison.Ordinal);
                table.Append(CultureInfo.InvariantCulture, $"| `{operation.Name.ToUpperInvariant()} {path.Name}` | {says} |\n");
            }
        }

        Assert.Null(await Repository.CheckAsync("docs/routes.md", table.ToString(), Token));
    }

    [Fact]
    public async Task A_client_that_asked_for_events_hears_why_there_are_none()
    {
        var gateway = await SharedGateway.Instance;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/threads/thr_none/turns") { Content = JsonContent.Create(new { text = "hi" }) };
        request.Headers.Accept.ParseAdd("text/event-stream");

        using var response = await gateway.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task More_turns_than_can_be_served_or_wait_are_refused_with_when_to_try_again()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, null, "--simulate", "--Pilotlight:Pool:MaxProcesses=1", "--Pilotlight:Pool:MinIdle=1", "--Pilotlight:Pool:MaxIdle=1", "--Pilotlight:Pool:MaxWaiting=1");
        var first = await BeginAsync(gateway, "[[sim words=5 stall-after=2]]");
        var second = await BeginAsync(gateway, "waits");
        var thread = await gateway.CreateThreadAsync(Token);

        using var third = await gateway.Http.PostAsJsonAsync($"/api/threads/{thread}/turns", new { text = "too many" }, Token);
        using var call = await gateway.Http.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "sonnet", messages = new[] { new { role = "user", content = "hi" } } }, Token);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (third.StatusCode, call.StatusCode));
        Assert.NotNull(third.Headers.RetryAfter);
        Assert.NotNull(call.Headers.RetryAfter);
        Assert.Empty((await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray());
        await first.CancelAsync();
        await second.CancelAsync();
    }

    [Fact]
    public async Task A_turn_that_nobody_follows_ends()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--Pilotlight:Relay:UnwatchedTimeout=00:00:00.5");
        var thread = await gateway.CreateThreadAsync(Token);
        await foreach (var item in gateway.TurnAsync(thread, "[[sim words=20 stall-after=3]]", Token))
        {
            if (item.Type == "text.delta")
            {
                break;
            }
        }

        await gateway.WaitForOutputAsync("nobody has followed it", Token);

        await gateway.WaitForOutputAsync("ended: cancelled", Token);
    }

    [Fact]
    public async Task A_client_that_sends_its_headers_too_slowly_is_dropped()
    {
        var gateway = await SharedGateway.Instance;
        using var slow = new TcpClient();
        await slow.ConnectAsync(gateway.Http.BaseAddress!.Host, gateway.Http.BaseAddress.Port, Token);
        await slow.GetStream().WriteAsync("GET /api/pool HTTP/1.1\r\nHost: loc"u8.ToArray(), Token);

        var answer = new MemoryStream();
        await Record.ExceptionAsync(() => slow.GetStream().CopyToAsync(answer, Token));

        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(answer.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_response_says_what_the_gateway_cost_and_how_warm_it_was()
    {
        var gateway = await SharedGateway.Instance;

        foreach (var path in new[] { "/api/pool", "/healthz/live", "/nothing", "/v1/nothing", "/api/threads/thr_none" })
        {
            using var response = await gateway.Http.GetAsync(path, Token);

            Assert.True(response.Headers.Contains("x-pilotlight-overhead-ms"), path);
            Assert.Equal("none", response.Headers.GetValues("x-pilotlight-acquire").Single());
        }
    }

    private async Task<CancellationTokenSource> BeginAsync(GatewayProcess gateway, string text)
    {
        var thread = await gateway.CreateThreadAsync(Token);
        var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = gateway.Http.PostAsJsonAsync($"/api/threads/{thread}/turns", new { text }, leaving.Token);
        _ = running.ContinueWith(left => _ = left.Exception, TaskScheduler.Default);
        while (!(await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray().Any())
        {
            await Task.Delay(20, Token);
        }

        return leaving;
    }
}
