using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The gateway behind a proxy on its own machine.</summary>
public sealed class ProxyTests : EndToEndTest
{
    private const string Nginx = "/usr/sbin/nginx";
    private const string Site = "pilotlight.example.com";

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("X-Real-IP", "203.0.113.7")]
    [InlineData("Via", "1.1 proxy")]
    public async Task Without_keys_what_a_proxy_brings_is_refused(string header, string value)
    {
        var gateway = await SharedGateway.Instance;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/threads");
        request.Headers.TryAddWithoutValidation(header, value);

        using var response = await gateway.Http.SendAsync(request, Token);

        Assert.Contains("keys-needed", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_nginx_as_in_the_example_events_come_as_they_happen_and_a_key_is_needed()
    {
        Assert.SkipUnless(File.Exists(Nginx), $"There is no {Nginx}; install nginx-light.");
        var (exitCode, output, _) = await GatewayProcess.RunAsync(["keys", "create", "ada", "--data", Data, "--json"], Token);
        Assert.Equal(0, exitCode);
        using var made = System.Text.Json.JsonDocument.Parse(output);
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, new Dictionary<string, string> { ["AllowedHosts"] = Site }, "--simulate");
        var (nginx, proxy) = await StartNginxAsync(gateway.Http.BaseAddress!.Port);
        try
        {
            using var http = new HttpClient { BaseAddress = proxy };
            http.DefaultRequestHeaders.Host = Site;
            using var refused = await http.GetAsync("/api/threads", Token);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

            http.DefaultRequestHeaders.Add("x-api-key", made.RootElement.GetProperty("key").GetString());
            using var created = await http.PostAsJsonAsync("/api/threads", new { }, Token);
            var thread = (await created.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>(Token)).GetProperty("id").GetString();
            using var turn = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns") { Content = JsonContent.Create(new { text = "[[sim words=100000 rate=40]]" }) };
            using var response = await http.SendAsync(turn, HttpCompletionOption.ResponseHeadersRead, Token);
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Token));

            // The answer takes most of an hour: what comes now has not waited for its end.
            while (await lines.ReadLineAsync(Token) is { } line && !line.StartsWith("event: text.delta", StringComparison.Ordinal))
            {
            }

            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            using var stopped = await http.PostAsync($"/api/threads/{thread}/turns/{response.Headers.GetValues("x-pilotlight-turn").Single()}/cancel", null, Token);
            Assert.Contains("event: turn.cancelled", await lines.ReadToEndAsync(Token), StringComparison.Ordinal);
        }
        finally
        {
            nginx.Kill(entireProcessTree: true);
            await nginx.WaitForExitAsync(CancellationToken.None);
            nginx.Dispose();
        }
    }

    // The example as it stands, but for its certificates and ports.
    private async Task<(Process Nginx, Uri Address)> StartNginxAsync(int gateway)
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        var site = string.Join('\n', (await File.ReadAllLinesAsync(Path.Combine(RealCli.RepositoryRoot, "eng", "deploy", "nginx.conf"), Token))
            .Where(line => !line.Contains("ssl_certificate", StringComparison.Ordinal)))
            .Replace("listen 443 ssl;", $"listen 127.0.0.1:{port};", StringComparison.Ordinal)
            .Replace("127.0.0.1:5160", $"127.0.0.1:{gateway}", StringComparison.Ordinal);
        var file = Path.Combine(Data, "nginx.conf");
        await File.WriteAllTextAsync(
            file,
            $"daemon off; master_process off; pid {Data}/nginx.pid; error_log {Data}/nginx.log; events {{}}\nhttp {{ access_log off; client_body_temp_path {Data}/b; proxy_temp_path {Data}/p; fastcgi_temp_path {Data}/f; uwsgi_temp_path {Data}/u; scgi_temp_path {Data}/s;\n{site}\n}}\n",
            Token);
        var nginx = Process.Start(new ProcessStartInfo(Nginx, ["-c", file, "-e", Path.Combine(Data, "nginx.log")]))!;
        using var probe = new HttpClient();
        while (true)
        {
            Assert.False(nginx.HasExited, "nginx ended: " + (File.Exists(Path.Combine(Data, "nginx.log")) ? await File.ReadAllTextAsync(Path.Combine(Data, "nginx.log"), Token) : ""));
            try
            {
                using var any = await probe.GetAsync($"http://127.0.0.1:{port}/healthz/live", Token);
                return (nginx, new Uri($"http://127.0.0.1:{port}"));
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20, Token);
            }
        }
    }
}
