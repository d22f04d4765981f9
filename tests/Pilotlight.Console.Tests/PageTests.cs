using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Pilotlight.Core.Threads;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>What holds for every page: for all readers, on all screens, by keyboard alone, and without a complaint of the browser.</summary>
public sealed class PageTests(Browser browser, SharedGateway shared)
{
    [Theory]
    [InlineData("/", false)]
    [InlineData("/", true)]
    [InlineData("/pool", false)]
    [InlineData("/pool", true)]
    [InlineData("/usage", false)]
    [InlineData("/usage", true)]
    [InlineData("/keys", false)]
    [InlineData("/keys", true)]
    [InlineData("/sign-in", false)]
    [InlineData("/sign-in", true)]
    public async Task A_page_meets_WCAG_AA_and_fits_a_phone(string path, bool isDark)
    {
        var address = await shared.AddressAsync();
        await using var page = await browser.OpenAsync(address, path, isDark);
        if (path == "/")
        {
            await page.SayAsync("Show `code`, **weight** and https://example.com/ here.");
            await page.WaitForAnswerAsync();
            await page.SayAsync("[[sim status=400]]");
            await page.WaitForAnswerAsync("failed");
        }

        await ExpectNoViolationsAsync(page);
        await page.Page.SetViewportSizeAsync(390, 780);
        Assert.Equal(0, await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth"));
        await ExpectNoViolationsAsync(page);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task On_a_phone_the_menu_opens_and_a_thread_is_chosen()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync(), isPhone: true);
        await page.SayAsync("A thread on a phone");
        await page.WaitForAnswerAsync();

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).TapAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Pool" }).TapAsync();
        await Expect(page.Page.GetByRole(AriaRole.Heading, new() { Name = "Pool", Exact = true })).ToBeVisibleAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).TapAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "A thread on a phone" }).First.TapAsync();
        await page.WaitForAnswerAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task The_keyboard_alone_searches_renames_and_deletes_threads()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        await page.SayAsync("Zebra crossing");
        await page.WaitForAnswerAsync();
        await page.Page.WaitForURLAsync("**/t/thr_*");

        await page.Page.Locator(".scroller").FocusAsync();
        await page.Page.Keyboard.PressAsync("/");
        await page.Page.Keyboard.TypeAsync("zebra");
        await Expect(page.Page.GetByLabel("Search threads")).ToHaveValueAsync("zebra");
        await Expect(page.Page.Locator(".thread")).ToHaveCountAsync(1);

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Actions for Zebra crossing" }).PressAsync("Enter");
        await ExpectNoViolationsAsync(page);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Rename", Exact = true }).PressAsync("Enter");
        await Expect(page.Page.GetByLabel("Title")).ToBeFocusedAsync();
        await ExpectNoViolationsAsync(page);
        await page.Page.Keyboard.PressAsync("ControlOrMeta+A");
        await page.Page.Keyboard.TypeAsync("Zebra foal");
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(page.Page.Locator(".thread")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("Zebra foal"));

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Actions for Zebra foal" }).PressAsync("Enter");
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).PressAsync("Enter");
        await ExpectNoViolationsAsync(page);
        await page.Page.Locator(".mud-dialog").GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).PressAsync("Enter");
        await Expect(page.Page.Locator(".thread")).ToHaveCountAsync(0);
        await Expect(page.Page).ToHaveURLAsync((await shared.AddressAsync()).ToString());
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task What_is_typed_while_the_server_is_slow_stays()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        var late = new Queue<Action>();
        var isSlow = false;
        await page.Page.RouteWebSocketAsync("**/_blazor*", toPage =>
        {
            var toServer = toPage.ConnectToServer();
            toServer.OnMessage(message =>
            {
                lock (late)
                {
                    Action send = message.Binary is { } binary ? () => toPage.Send(binary) : () => toPage.Send(message.Text!);
                    late.Enqueue(send);
                    if (!isSlow)
                    {
                        Tell(late.Count);
                    }
                }
            });
        });
        await page.GoAsync((await shared.AddressAsync()).ToString());
        await page.Page.Locator(".composer[data-ready]").WaitForAsync();

        // From here on the page hears one message of the server's after each letter, so always of letters before the last.
        Volatile.Write(ref isSlow, true);
        await page.Page.GetByLabel("Search threads").FocusAsync();
        await page.Page.Keyboard.TypeAsync("zebra");
        foreach (var letter in " crossing the road")
        {
            Tell(1);
            await page.Page.Keyboard.TypeAsync(letter.ToString());
        }

        isSlow = false;
        Tell(int.MaxValue);
        await Expect(page.Page.GetByText("No thread has that")).ToBeVisibleAsync();
        await Expect(page.Page.GetByLabel("Search threads")).ToHaveValueAsync("zebra crossing the road");

        void Tell(int count)
        {
            lock (late)
            {
                while (count-- > 0 && late.TryDequeue(out var send))
                {
                    send();
                }
            }
        }
    }

    [Fact]
    public async Task The_policy_of_the_pages_lets_no_inline_script_run()
    {
        var gateway = await shared.GetAsync();
        using var response = await gateway.Http.GetAsync("/", TestContext.Current.CancellationToken);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"), value => value.Contains("script-src", StringComparison.Ordinal));
        var scripts = policy.Split(';').Single(part => part.Contains("script-src", StringComparison.Ordinal));

        Assert.Equal("script-src 'self'", scripts.Trim());
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
    }

    internal static async Task ExpectNoViolationsAsync(ConsolePage page)
    {
        var result = await page.Page.RunAxe(new Deque.AxeCore.Commons.AxeRunOptions
        {
            RunOnly = new Deque.AxeCore.Commons.RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
        });
        Assert.True(
            result.Violations.Length == 0,
            string.Join('\n', result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {violation.Help}: {node.Html}"))));
    }
}
