using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The gateway behind a proxy on its own machine.</summary>
public sealed class ProxyTests : EndToEndTest
{
    private const string Bare = "";
    private const string Usual = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Forwarded-Host $http_host;";

    [Theory]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Real-IP", "::1")]
    [InlineData("Via", "1.1 vegur")]
    [InlineData("CF-Connecting-IP", "127.0.0.1")]
    public async Task Without_keys_what_came_through_a_proxy_is_nobodys_on_every_route_and_in_the_console(string header, string value)
    {
        var gateway = await SharedGateway.Instance;

        foreach (var path in (string[])["/api/keys", "/api/threads", "/api/pool", "/v1/models", "/metrics", "/", "/pool", "/_blazor"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);

            using var response = await gateway.Http.SendAsync(request, Token);

            var says = await response.Content.ReadAsStringAsync(Token);
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{path}: {response.StatusCode} {says}");
            Assert.Contains("pilotlight keys create --admin NAME", says, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Bare)]
    [InlineData(Usual)]
    public async Task Behind_nginx_nobody_is_an_admin_without_a_key(string headers)
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        await using var nginx = await NginxAsync(gateway, headers);

        using var keys = await nginx.Http.GetAsync("/api/keys", Token);
        using var console = await nginx.Http.GetAsync("/", Token);
        using var own = await gateway.Http.GetAsync("/api/keys", Token);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.OK), (keys.StatusCode, console.StatusCode, own.StatusCode));
    }

    [Fact]
    public async Task Behind_nginx_with_a_key_and_a_path_of_its_own_all_is_served_there()
    {
        var (exitCode, key, error) = await GatewayProcess.RunAsync(["keys", "create", "--admin", "ada", "--data", Data], Token);
        Assert.True(exitCode == 0, error);
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, null, "--simulate", "--Pilotlight:Proxy:BasePath=/ai", "--Pilotlight:Proxy:Known:0=127.0.0.1");
        await using var nginx = await NginxAsync(gateway, Usual + " proxy_buffering off;");
        nginx.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());

        using var models = await nginx.Http.GetAsync("/ai/v1/models", Token);
        using var answer = await nginx.Http.PostAsync(
            "/ai/v1/chat/completions", new StringContent("""{"model":"sonnet","stream":true,"messages":[{"role":"user","content":"[[sim words=5]]"}]}""", Encoding.UTF8, "application/json"), Token);
        using var signIn = await nginx.Http.GetAsync("/ai/", Token);

        Assert.Equal(HttpStatusCode.OK, models.StatusCode);
        Assert.EndsWith("data: [DONE]\n\n", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal("/ai/sign-in", signIn.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("<base href=\"/ai/\"", await signIn.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_caddy_by_the_example_a_key_is_asked_for_and_events_come_as_they_are()
    {
        Assert.SkipWhen(CaddyProcess.Path is null, "Caddy is not installed; test.sh installs it as root on Debian.");
        var (exitCode, key, error) = await GatewayProcess.RunAsync(["keys", "create", "ada", "--data", Data], Token);
        Assert.True(exitCode == 0, error);
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        await using var caddy = await CaddyProcess.StartAsync(gateway.Http.BaseAddress!, System.IO.Path.Combine(Data, "caddy"), Token);

        using var nobody = await caddy.Http.GetAsync("/v1/models", Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            // After its second word the answer stops until the client leaves: what came so far is there all the same.
            Content = new StringContent("""{"model":"sonnet","stream":true,"messages":[{"role":"user","content":"[[sim words=5 stall-after=2]]"}]}""", Encoding.UTF8, "application/json"),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key.Trim()) },
        };
        using var answer = await caddy.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        string? line;
        do
        {
            line = await events.ReadLineAsync(Token);
        }
        while (line?.Contains("word2", StringComparison.Ordinal) is false);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (nobody.StatusCode, answer.StatusCode));
        Assert.NotNull(line);
    }

    private async Task<ProxyProcess> NginxAsync(GatewayProcess gateway, string headers)
    {
        Assert.SkipWhen(NginxProcess.Path is null, "nginx is not installed; test.sh installs it as root on Debian.");
        return await NginxProcess.StartAsync(gateway.Http.BaseAddress!, headers, System.IO.Path.Combine(Data, "nginx"), Token);
    }
}
