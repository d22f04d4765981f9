using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Pilotlight.Core.Threads;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>With keys, the console lets in who has one.</summary>
public sealed class SignInTests(Browser browser)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_signs_in_a_wrong_one_does_not_and_a_revoked_one_signs_out()
    {
        await using var gateway = await OwnGateway.StartAsync();
        var admin = await gateway.CreateKeyAsync("Ada", isAdmin: true);
        var key = await gateway.CreateKeyAsync("Ben", isAdmin: false, admin);
        await using var page = await browser.OpenAsync(gateway.Address);
        await Expect(page.Page).ToHaveURLAsync(new Regex("/sign-in"));

        await SignInAsync(page, "pl_not_a_key");
        await Expect(page.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("opens nothing");
        await SignInAsync(page, key);
        await Expect(page.Page.Locator(".who")).ToHaveTextAsync("Ben");
        await page.SayAsync("Am I in?");
        await page.WaitForAnswerAsync();

        var cookie = Assert.Single(await page.Page.Context.CookiesAsync(), cookie => cookie.Name == "pilotlight");
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
        Assert.DoesNotContain(key, cookie.Value, StringComparison.Ordinal);

        // The cookie opens the console and nothing of the API.
        var api = await page.Page.Context.APIRequest.GetAsync("/api/threads");
        Assert.Equal(401, api.Status);

        // No admin: no keys page, and only threads of one's own.
        await Expect(page.Page.GetByRole(AriaRole.Link, new() { Name = "Keys" })).ToHaveCountAsync(0);
        await page.GoAsync("/keys");
        await Expect(page.Page.GetByText("For admins")).ToBeVisibleAsync();

        await RevokeAsync(gateway, admin, key);
        await page.Page.GetByPlaceholder("Search threads").FillAsync("x");
        await Expect(page.Page).ToHaveURLAsync(new Regex("/sign-in"));
    }

    [Fact]
    public async Task The_first_key_is_made_here_shown_once_and_then_needed()
    {
        await using var gateway = await OwnGateway.StartAsync();
        await using var page = await browser.OpenAsync(gateway.Address, "/keys");
        await Expect(page.Page.GetByText("No keys yet")).ToBeVisibleAsync();

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await page.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("Ada");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        var key = await page.Page.Locator("#new-key").InnerTextAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();

        await Expect(page.Page).ToHaveURLAsync(new Regex("/sign-in"));
        await SignInAsync(page, key);
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Keys" }).ClickAsync();
        await Expect(page.Page.Locator("tr[data-key]")).ToContainTextAsync("Ada");
        Assert.DoesNotContain(key, await page.Page.ContentAsync(), StringComparison.Ordinal);

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.Page).ToHaveURLAsync(new Regex("/sign-in"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_key_sees_its_own_threads_alone_and_limits_hold_in_the_console()
    {
        await using var gateway = await OwnGateway.StartAsync();
        var admin = await gateway.CreateKeyAsync("Ada", isAdmin: true);
        var key = await gateway.CreateKeyAsync("Ben", isAdmin: false, admin, new { tokensPerDay = 1 });
        gateway.Process.Http.DefaultRequestHeaders.Add("x-api-key", admin);
        var hers = await gateway.Process.CreateThreadAsync(Token, new { title = "Not for Ben" });
        await using var page = await browser.OpenAsync(gateway.Address);
        await SignInAsync(page, key);

        await page.SayAsync("Too much?");
        await Expect(page.Page.GetByText("budget").First).ToBeVisibleAsync();
        await Expect(page.Page.GetByText("Not for Ben")).ToHaveCountAsync(0);
        await page.Page.GotoAsync($"/t/{hers}");
        await Expect(page.Page.GetByText("Nothing here")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task No_other_site_gets_a_circuit_and_a_form_needs_its_token()
    {
        await using var gateway = await OwnGateway.StartAsync();
        using var circuit = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        circuit.Headers.Add("Origin", "https://evil.example");
        using var refused = await gateway.Process.Http.SendAsync(circuit, Token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        using var own = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        own.Headers.Add("Origin", gateway.Address.GetLeftPart(UriPartial.Authority));
        using var allowed = await gateway.Process.Http.SendAsync(own, Token);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);

        await gateway.CreateKeyAsync("Ada", isAdmin: true);
        using var stranger = await gateway.Process.Http.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, Token);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);

        using var form = await gateway.Process.Http.PostAsync("/sign-in", new FormUrlEncodedContent([new("key", "pl_x")]), Token);
        Assert.Equal(HttpStatusCode.BadRequest, form.StatusCode);
    }

    private static async Task SignInAsync(ConsolePage page, string key)
    {
        await page.Page.GetByLabel("Key", new() { Exact = true }).FillAsync(key);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private static async Task RevokeAsync(OwnGateway gateway, string admin, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/keys/" + key.Split('_')[1]);
        request.Headers.Add("x-api-key", admin);
        using var response = await gateway.Process.Http.SendAsync(request, Token);
        response.EnsureSuccessStatusCode();
    }
}
