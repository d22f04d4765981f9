using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Pilotlight.Testing;

namespace Pilotlight.Samples.Tests;

/// <summary>A service for several customers, on a gateway of its own.</summary>
public sealed class TenantTests : SampleTest
{
    [Fact]
    public async Task Each_tenant_has_its_own_threads_and_usage_and_a_budget_that_is_used_up_is_told()
    {
        var acme = await KeyAsync("acme");
        var globex = await KeyAsync("globex", "--tokens-per-day", "1");
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");
        await using var sample = new WebApplicationFactory<Tenants.Tenants>().WithWebHostBuilder(web => web
            .UseSetting("Gateway", gateway.Http.BaseAddress!.ToString())
            .UseSetting("Tenants:acme", acme)
            .UseSetting("Tenants:globex", globex));
        using var http = sample.CreateClient();

        var thread = await http.PostAsync("/acme/threads", null, Token);
        var id = await thread.Content.ReadAsStringAsync(Token);
        using var answer = await AskAsync(http, "acme", id);
        using var other = await AskAsync(http, "globex", id);
        using var nobody = await AskAsync(http, "initech", id);
        var own = await http.PostAsync("/globex/threads", null, Token);
        using var refused = await AskAsync(http, "globex", await own.Content.ReadAsStringAsync(Token));
        var usage = await http.GetFromJsonAsync<JsonElement>("/acme/usage", Token);
        var none = await http.GetFromJsonAsync<JsonElement>("/globex/usage", Token);

        Assert.Contains("You said: “hello”", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (other.StatusCode, nobody.StatusCode));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal((1, 0), (usage.GetProperty("turns").GetInt32(), none.GetProperty("turns").GetInt32()));
    }

    private Task<HttpResponseMessage> AskAsync(HttpClient http, string tenant, string thread) =>
        http.PostAsJsonAsync($"/{tenant}/threads/{thread}", new { text = "hello" }, Token);

    private async Task<string> KeyAsync(params string[] arguments)
    {
        var (exitCode, key, error) = await GatewayProcess.RunAsync(["keys", "create", .. arguments, "--data", Data], Token);
        Assert.True(exitCode == 0, error);
        return key.Trim();
    }
}
