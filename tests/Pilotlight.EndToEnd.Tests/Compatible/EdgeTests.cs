using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>HTTP as clients, browsers and proxies speak it.</summary>
public sealed class EdgeTests : EndToEndTest
{
    private const string OpenAi = "/v1/chat/completions";
    private const string Hello = """{"model":"sonnet","messages":[{"role":"user","content":"hello"}]}""";

    [Theory]
    [InlineData(OpenAi, "gzip")]
    [InlineData(OpenAi, "br")]
    [InlineData(OpenAi, "deflate")]
    [InlineData(OpenAi, "identity")]
    [InlineData("/api/threads", "gzip")]
    public async Task A_compressed_body_is_served(string path, string coding)
    {
        var gateway = await SharedGateway.Instance;

        using var response = await SendAsync(gateway, path, Pack(Encoding.UTF8.GetBytes(Hello), coding), coding);

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData(OpenAi, "gzip")]
    [InlineData(OpenAi, "br")]
    [InlineData("/v1/messages", "deflate")]
    [InlineData("/api/threads", "gzip")]
    public async Task One_that_unpacks_to_more_than_may_be_sent_is_refused(string path, string coding)
    {
        var gateway = await SharedGateway.Instance;
        byte[] bomb = [.. "{\"model\":\""u8, .. new byte[64 * 1024 * 1024].AsSpan().ToArray().Select(_ => (byte)'x'), .. "\"}"u8];

        using var response = await SendAsync(gateway, path, Pack(bomb, coding), coding);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData(OpenAi, "zstd", HttpStatusCode.UnsupportedMediaType, "gzip, br, deflate")]
    [InlineData(OpenAi, "gzip, br", HttpStatusCode.UnsupportedMediaType, "gzip, br, deflate")]
    [InlineData("/api/threads", "compress", HttpStatusCode.UnsupportedMediaType, "gzip, br, deflate")]
    [InlineData(OpenAi, "gzip", HttpStatusCode.BadRequest, "cannot be unpacked")]
    [InlineData("/v1/messages", "br", HttpStatusCode.BadRequest, "cannot be unpacked")]
    [InlineData("/api/threads", "deflate", HttpStatusCode.BadRequest, "cannot be unpacked")]
    public async Task One_that_cannot_be_unpacked_is_refused_for_that(string path, string coding, HttpStatusCode status, string says)
    {
        var gateway = await SharedGateway.Instance;

        using var response = await SendAsync(gateway, path, Encoding.UTF8.GetBytes(Hello), coding);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(status == HttpStatusCode.UnsupportedMediaType, response.Headers.Contains("Accept-Encoding"));
    }

    [Theory]
    [InlineData("/v1/models", 200)]
    [InlineData("/v1/models/sonnet", 200)]
    [InlineData("/v1/models/none", 404)]
    [InlineData("/api/threads", 200)]
    [InlineData("/api/hello", 200)]
    [InlineData("/healthz/live", 200)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData("/", 200)]
    [InlineData("/v1/nothing", 404)]
    public async Task Head_is_answered_where_get_is(string path, int status)
    {
        var gateway = await SharedGateway.Instance;
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        using var response = await gateway.Http.SendAsync(request, Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task Models_are_listed_by_alias_and_by_the_name_that_the_CLI_takes_it_for()
    {
        var gateway = await SharedGateway.Instance;
        var listed = (await gateway.GetAsync("/v1/models", Token)).GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!).ToArray();

        foreach (var alias in listed.Where(name => !name.StartsWith("claude-", StringComparison.Ordinal)))
        {
            using var response = await gateway.Http.PostAsJsonAsync(OpenAi, new { model = alias, messages = new[] { new { role = "user", content = "hi" } } }, Token);
            var model = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("model").GetString()!;
            Assert.Contains(model, listed);
        }

        Assert.Contains("haiku", listed);
        Assert.Equal("claude-sonnet-4-5-20250929", (await gateway.GetAsync("/v1/models/claude-sonnet-4-5-20250929", Token)).GetProperty("id").GetString());
        foreach (var name in listed)
        {
            Assert.Equal(name, (await gateway.GetAsync("/v1/models/" + name, Token)).GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task Pages_of_named_origins_may_call_and_read_errors_and_others_may_not()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--Pilotlight:Compatible:Cors:0=https://app.example");

        using var preflight = await AskAsync(HttpMethod.Options, OpenAi, "https://app.example", preflight: true);
        using var served = await AskAsync(HttpMethod.Post, OpenAi, "https://app.example");
        using var failed = await AskAsync(HttpMethod.Post, "/v1/messages", "https://app.example");
        using var other = await AskAsync(HttpMethod.Post, OpenAi, "https://evil.example");
        using var threads = await AskAsync(HttpMethod.Get, "/api/threads", "https://app.example");
        using var keys = await AskAsync(HttpMethod.Get, "/api/keys", "https://app.example");

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal("authorization,content-type,x-stainless-lang", string.Join(',', preflight.Headers.GetValues("Access-Control-Allow-Headers")).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.OK, "https://app.example"), (served.StatusCode, Allowed(served)));
        Assert.Equal((HttpStatusCode.BadRequest, "https://app.example"), (failed.StatusCode, Allowed(failed)));
        Assert.Contains("x-pilotlight-ignored", string.Join(',', served.Headers.GetValues("Access-Control-Expose-Headers")), StringComparison.Ordinal);
        Assert.Null(Allowed(other));
        Assert.Equal("https://app.example", Allowed(threads));
        Assert.Null(Allowed(keys));

        static string? Allowed(HttpResponseMessage response) => response.Headers.TryGetValues("Access-Control-Allow-Origin", out var origins) ? origins.Single() : null;

        async Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, string origin, bool preflight = false)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Add("Origin", origin);
            if (preflight)
            {
                request.Headers.Add("Access-Control-Request-Method", "POST");
                request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-stainless-lang");
            }
            else if (method == HttpMethod.Post)
            {
                request.Content = new StringContent(Hello, Encoding.UTF8, "application/json");
            }

            return await gateway.Http.SendAsync(request, Token);
        }
    }

    [Theory]
    [InlineData("--Pilotlight:Compatible:Cors:0=*", "no keys")]
    [InlineData("--Pilotlight:Compatible:Cors:0=app.example", "no origin")]
    [InlineData("--Pilotlight:Proxy:Known:0=nginx", "neither an address nor a network")]
    [InlineData("--Pilotlight:Proxy:BasePath=pilotlight", "begins with a slash")]
    public async Task Settings_that_would_let_everybody_in_or_nobody_stop_the_start(string setting, string says)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(["serve", "--data", Data, "--urls", "http://127.0.0.1:0", "--simulate", setting], Token);

        Assert.Equal(1, exitCode);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_is_not_streamed_is_kept_alive_where_the_settings_say_so()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--Pilotlight:Compatible:KeepAlive=00:00:00.2");
        using var slow = new HttpRequestMessage(HttpMethod.Post, OpenAi) { Content = Say("[[sim words=20 rate=10]]") };
        using var refused = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = Say("[[sim words=20 rate=10 cut-after=8]]") };

        using var answer = await gateway.Http.SendAsync(slow, HttpCompletionOption.ResponseHeadersRead, Token);
        var body = await answer.Content.ReadAsStringAsync(Token);

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith(" ", body, StringComparison.Ordinal);
        Assert.EndsWith("word20", JsonElement.Parse(body).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), StringComparison.Ordinal);

        static StringContent Say(string text) => new($$"""{"model":"sonnet","max_tokens":4096,"messages":[{"role":"user","content":"{{text}}"}]}""", Encoding.UTF8, "application/json");
    }

    [Fact]
    public async Task A_fault_after_that_is_told_in_the_body()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        var environment = new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-not-a-real-key", ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/') };
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, environment, "--Pilotlight:Compatible:KeepAlive=00:00:00.1", "--Pilotlight:Claude:RetryDeadline=00:00:02");
        using var content = new StringContent("""{"model":"sonnet","messages":[{"role":"user","content":"[[sim status=529]]"}]}""", Encoding.UTF8, "application/json");

        using var response = await gateway.Http.PostAsync(OpenAi, content, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("upstream_overloaded", JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task It_listens_on_the_loopback_of_IPv6()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6 && File.Exists("/proc/net/if_inet6") && (await File.ReadAllTextAsync("/proc/net/if_inet6", Token)).Contains("00000001 01", StringComparison.Ordinal), "This machine has no IPv6.");
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--urls", "http://[::1]:0");

        using var response = await gateway.Http.PostAsync(OpenAi, new StringContent(Hello, Encoding.UTF8, "application/json"), Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("[::1]", gateway.Http.BaseAddress!.Host);
    }

    private static byte[] Pack(byte[] body, string coding)
    {
        var packed = new MemoryStream();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(packed, CompressionLevel.Optimal),
            _ => packed,
        })
        {
            stream.Write(body);
        }

        return packed.ToArray();
    }

    private async Task<HttpResponseMessage> SendAsync(GatewayProcess gateway, string path, byte[] body, string coding)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        return await gateway.Http.PostAsync(path, content, Token);
    }
}
