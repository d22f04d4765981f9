using Microsoft.Playwright;
using Pilotlight.Core.Threads;
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
        await page.LastAnswer.Locator(".wait summary").ClickAsync();
        foreach (var part in new[] { "gateway", "process", "CLI", "network", "model" })
        {
            await Expect(page.LastAnswer.Locator(".wait-parts")).ToContainTextAsync(part);
        }

        await Expect(page.LastAnswer.Locator(".wait-bar")).ToBeVisibleAsync();
        await Expect(page.Page.GetByText("Simulated model.").First).ToBeVisibleAsync();
        await Expect(page.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/t/thr_"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_new_chat_is_made_ready_while_one_types_and_let_go_when_one_leaves_it()
    {
        await using var gateway = await OwnGateway.StartAsync();
        await gateway.Process.WaitForWarmthAsync(TestContext.Current.CancellationToken);
        await using var page = await browser.OpenAsync(gateway.Address);

        await page.Message.PressSequentiallyAsync("He");
        await LeasedAsync(1);
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Pool" }).ClickAsync();
        await LeasedAsync(0);

        await page.GoAsync("/");
        await page.Message.PressSequentiallyAsync("Hello");
        await LeasedAsync(1);
        await page.Message.PressAsync("Enter");
        Assert.Contains("Hello", await page.WaitForAnswerAsync(), StringComparison.Ordinal);

        // The turn ran on the process that was ready: there is no other.
        await LeasedAsync(1);
        Assert.Empty(page.Complaints);

        Task LeasedAsync(int count) => gateway.Process.WaitForAsync(
            pool => pool.GetProperty("profiles").EnumerateArray().Sum(profile => profile.GetProperty("leased").GetInt32()) == count,
            TestContext.Current.CancellationToken);
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

    [Fact]
    public async Task Hostile_markdown_does_nothing()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        var strangers = new List<string>();
        page.Page.Request += (_, request) =>
        {
            if (request.Url.Contains("evil.example", StringComparison.Ordinal))
            {
                strangers.Add(request.Url);
            }
        };

        foreach (var (at, hostile) in new[]
        {
            "<img src=x onerror=\"window.pwned=1\">", "<script>window.pwned=1</script>", "[x](javascript:window.pwned=1)",
            "![x](https://evil.example/p.png)", "<svg onload=window.pwned=1>",
        }.Index())
        {
            await page.SayAsync(hostile);
            await page.WaitForAnswerAsync(count: at + 1);
        }

        Assert.Null(await page.Page.EvaluateAsync<int?>("window.pwned"));
        Assert.Equal(0, await page.Page.Locator(".talk img, .talk script, .talk svg[onload], .talk a[href^='javascript']").CountAsync());
        Assert.Empty(strangers);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_retry_is_shown_while_it_lasts_and_a_failure_is_told_and_can_be_tried_again()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());

        await page.SayAsync("[[sim status=529 times=1 retry-after=3]]");
        await Expect(page.LastAnswer).ToContainTextAsync("trying again");
        await page.WaitForAnswerAsync();

        await page.SayAsync("[[sim status=400]]");
        await page.WaitForAnswerAsync("failed");
        await Expect(page.LastAnswer.GetByRole(AriaRole.Alert)).ToContainTextAsync("The API refused the request");
        await page.Page.ReloadAsync();
        await Expect(page.LastAnswer.GetByRole(AriaRole.Alert)).ToContainTextAsync("The API refused the request");
        await Expect(page.LastAnswer.GetByText("Retry")).ToBeVisibleAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_limit_of_hours_says_when_it_goes_on_also_after_a_reload()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());

        await page.SayAsync("[[sim status=429 retry-after=7200]]");
        await page.WaitForAnswerAsync("failed");
        await Expect(page.LastAnswer.GetByRole(AriaRole.Alert)).ToContainTextAsync("It goes on at");
        await page.Page.ReloadAsync();

        var time = page.LastAnswer.GetByRole(AriaRole.Alert).Locator("time");
        await Expect(page.LastAnswer.GetByRole(AriaRole.Alert)).ToContainTextAsync("It goes on at");
        var at = DateTimeOffset.Parse((await time.GetAttributeAsync("datetime"))!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange((at - DateTimeOffset.UtcNow).TotalMinutes, 110, 120);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Regenerate_takes_the_last_answer_back_and_asks_again()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        await page.SayAsync("Once more, please.");
        await page.WaitForAnswerAsync();
        var before = await page.LastAnswer.GetAttributeAsync("id");

        await page.LastAnswer.GetByText("Regenerate").ClickAsync();
        await Expect(page.LastAnswer).Not.ToHaveAttributeAsync("id", before!);
        await page.WaitForAnswerAsync();

        Assert.Equal(1, await page.Answers.CountAsync());
        await page.Page.ReloadAsync();
        await page.WaitForAnswerAsync();
        Assert.Equal(1, await page.Answers.CountAsync());
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Model_and_system_prompt_are_the_threads()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        await page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Model" }).SelectOptionAsync("haiku");
        await page.Page.GetByText("System prompt").ClickAsync();
        await page.Page.GetByLabel("System prompt", new() { Exact = true }).Last.FillAsync("You answer like a lighthouse keeper.");
        await page.Page.GetByText("Use it").ClickAsync();

        await page.SayAsync("Who are you?");
        await page.WaitForAnswerAsync();
        await page.Page.WaitForURLAsync("**/t/thr_*");

        var thread = await (await shared.GetAsync()).GetAsync("/api/threads/" + page.Page.Url.Split('/')[^1], TestContext.Current.CancellationToken);
        Assert.Equal("haiku", thread.GetProperty("model").GetString());
        Assert.Equal("You answer like a lighthouse keeper.", thread.GetProperty("systemPrompt").GetString());
        await page.Page.ReloadAsync();
        await page.WaitForAnswerAsync();
        await Expect(page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Model" })).ToHaveValueAsync("haiku");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_store_that_goes_away_under_an_answer_ends_neither_the_answer_nor_the_page()
    {
        await using var cluster = await PostgreSqlCluster.StartAsync(TestContext.Current.CancellationToken);
        await using var gateway = await OwnGateway.StartAsync(
            "--Pilotlight:Storage:Provider=PostgreSql", $"--Pilotlight:Storage:ConnectionString={await cluster.CreateDatabaseAsync(TestContext.Current.CancellationToken)}");
        await using var page = await browser.OpenAsync(gateway.Address);
        await page.SayAsync("[[sim words=40 rate=20]]");
        await Expect(page.LastAnswer).ToContainTextAsync("word3");

        await cluster.StopAsync(isCrash: false);
        await gateway.Process.WaitForOutputAsync("could not be stored", TestContext.Current.CancellationToken);
        await cluster.RestartAsync(TestContext.Current.CancellationToken);

        await Expect(page.LastAnswer).ToContainTextAsync("word40");
        await page.WaitForAnswerAsync();
        await page.SayAsync("And after?");
        await page.WaitForAnswerAsync(count: 2);
    }

    [Fact]
    public async Task A_gateway_that_goes_away_is_told_and_the_page_can_be_used_when_it_is_back()
    {
        await using var gateway = await OwnGateway.StartAsync();
        await using var page = await browser.OpenAsync(gateway.Address);
        await page.SayAsync("Before.");
        await page.WaitForAnswerAsync();

        await gateway.Process.KillAsync();

        await Expect(page.Page.Locator("#components-reconnect-modal .lost")).ToBeVisibleAsync();
        await Expect(page.Page.Locator("#components-reconnect-modal")).ToContainTextAsync("connection was lost");
    }
}
