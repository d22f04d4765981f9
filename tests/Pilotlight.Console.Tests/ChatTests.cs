using Microsoft.Playwright;
using Pilotlight.Testing;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>The chat in a real browser, on the real CLI, against the simulator.</summary>
public sealed class ChatTests(Browser browser, SharedGateway shared)
{
    [Fact]
    public async Task A_message_gets_an_answer_that_says_how_it_was_served()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());

        await page.SayAsync("What is a lease?");
        var first = await page.WaitForAnswerAsync();
        await page.SayAsync("And a turn?");
        var second = await page.WaitForAnswerAsync(count: 2);

        Assert.Contains("What is a lease?", first, StringComparison.Ordinal);
        Assert.Contains("And a turn?", second, StringComparison.Ordinal);
        await Expect(page.LastAnswer.Locator(".heat")).ToHaveTextAsync("hot");
        await Expect(page.LastAnswer.Locator(".meta")).ToContainTextAsync("first token");
        await Expect(page.LastAnswer.Locator(".meta")).ToContainTextAsync("out");
        await Expect(page.Page.GetByText("Simulated model.").First).ToBeVisibleAsync();
        await Expect(page.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/t/thr_"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Escape_stops_an_answer_and_keeps_what_had_come()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());

        await page.SayAsync("[[sim words=4000 rate=40]]");
        await Expect(page.LastAnswer).ToContainTextAsync("word3");
        await page.Page.Keyboard.PressAsync("Escape");
        var partial = await page.WaitForAnswerAsync("cancelled");

        Assert.Contains("word1", partial, StringComparison.Ordinal);
        Assert.DoesNotContain("word4000", partial, StringComparison.Ordinal);
        await Expect(page.LastAnswer).ToContainTextAsync("Stopped");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_reload_in_the_middle_joins_the_running_answer_and_sees_it_end()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        await page.SayAsync("[[sim words=400 rate=50]]");
        await Expect(page.LastAnswer).ToContainTextAsync("word5");
        await page.Page.WaitForURLAsync("**/t/thr_*");

        await page.Page.ReloadAsync();
        await Expect(page.Page.Locator(".answer.is-streaming")).ToContainTextAsync("word5");
        var whole = await page.WaitForAnswerAsync();

        Assert.Equal(string.Join(' ', Enumerable.Range(1, 400).Select(n => $"word{n}")), whole.Trim());
        Assert.Equal(1, await page.Answers.CountAsync());
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Two_tabs_on_one_thread_show_the_same_answer_as_it_comes()
    {
        var address = await shared.AddressAsync();
        await using var one = await browser.OpenAsync(address);
        await one.SayAsync("First.");
        await one.WaitForAnswerAsync();
        await one.Page.WaitForURLAsync("**/t/thr_*");
        var other = await browser.OpenAsync(address, new Uri(one.Page.Url).AbsolutePath, context: one.Page.Context);
        await other.WaitForAnswerAsync();

        await other.SayAsync("[[sim words=60 rate=30]]");
        await Expect(one.Page.Locator(".answer.is-streaming")).ToContainTextAsync("word2");

        Assert.Equal(await other.WaitForAnswerAsync(count: 2), await one.WaitForAnswerAsync(count: 2));
        Assert.Empty(one.Complaints.Concat(other.Complaints));
    }
}
