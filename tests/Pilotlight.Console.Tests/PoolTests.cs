using System.Diagnostics;
using System.Text.RegularExpressions;
using Pilotlight.Core.Threads;
using Pilotlight.Testing;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>The window on the pool.</summary>
public sealed class PoolTests(Browser browser)
{
    [Fact]
    public async Task The_numbers_move_when_a_process_is_killed()
    {
        await using var gateway = await OwnGateway.StartAsync();
        await gateway.Process.WaitForWarmthAsync(TestContext.Current.CancellationToken);
        await using var page = await browser.OpenAsync(gateway.Address, "/pool");
        var parked = page.Page.Locator("tr[data-process]", new() { HasText = "parked" }).First;
        var id = int.Parse((await parked.GetAttributeAsync("data-process"))!, System.Globalization.CultureInfo.InvariantCulture);

        using (var victim = Process.GetProcessById(id))
        {
            victim.Kill();
        }

        await Expect(page.Page.Locator($"tr[data-process='{id}']")).ToHaveCountAsync(0);
        await Expect(page.Page.Locator("tr[data-process]", new() { HasText = "parked" }).First).ToBeVisibleAsync();
        Assert.NotEqual(id.ToString(System.Globalization.CultureInfo.InvariantCulture), await page.Page.Locator("tr[data-process]").First.GetAttributeAsync("data-process"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_turn_shows_as_a_hot_process_and_as_points_in_the_charts()
    {
        await using var gateway = await OwnGateway.StartAsync();
        await gateway.Process.WaitForWarmthAsync(TestContext.Current.CancellationToken);
        await using var page = await browser.OpenAsync(gateway.Address, "/pool");
        var thread = await gateway.Process.CreateThreadAsync(TestContext.Current.CancellationToken);

        await gateway.Process.TurnAsync(thread, "One.", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        await gateway.Process.TurnAsync(thread, "Two.", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        await Expect(page.Page.Locator("tr[data-process]", new() { HasText = "hot" })).ToHaveCountAsync(1);
        await Expect(page.Page.Locator(".dot-hot")).ToHaveCountAsync(1);
        await Expect(page.Page.Locator($"tr a[href='t/{thread}']")).ToBeVisibleAsync();

        await page.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { NameRegex = new("Release process") }).ClickAsync();
        await Expect(page.Page.Locator("tr[data-process]", new() { HasText = "hot" })).ToHaveCountAsync(0);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task An_admin_recycles_what_is_parked_and_drains_a_profile()
    {
        await using var gateway = await OwnGateway.StartAsync();
        await gateway.Process.WaitForWarmthAsync(TestContext.Current.CancellationToken);
        await using var page = await browser.OpenAsync(gateway.Address, "/pool");
        var before = await page.Page.Locator("tr[data-process]").First.GetAttributeAsync("data-process");

        await page.Page.GetByText("Recycle parked").ClickAsync();
        await Expect(page.Page.Locator($"tr[data-process='{before}']")).ToHaveCountAsync(0);
        await Expect(page.Page.Locator("tr[data-process]").First).ToBeVisibleAsync();

        await page.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Drain", Exact = true }).First.ClickAsync();
        await Expect(page.Page.GetByText("drained").First).ToBeVisibleAsync();
        await Expect(page.Page.Locator("tr[data-process]")).ToHaveCountAsync(0);

        await page.Page.GetByText("Light again").First.ClickAsync();
        await Expect(page.Page.Locator("tr[data-process]").First).ToBeVisibleAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Of_a_cluster_each_node_is_shown_with_what_it_runs_and_goes_when_it_goes()
    {
        await using var cluster = await GatewayCluster.StartAsync(2, TestContext.Current.CancellationToken);
        await using var page = await browser.OpenAsync(cluster[0].Http.BaseAddress!, "/pool", isPhone: true);
        var (here, other) = (page.Page.Locator($"[data-node='{cluster.NameOf(0)}']"), page.Page.Locator($"[data-node='{cluster.NameOf(1)}']"));
        await Expect(here).ToContainTextAsync("this one");
        await Expect(other).ToContainTextAsync("alive");
        await Expect(other.Locator("[data-count=parked]")).Not.ToHaveTextAsync(new Regex("^0"));
        Assert.Equal(0, await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth"));

        var owner = "";
        await cluster[0].TurnAsync(await cluster[0].CreateThreadAsync(TestContext.Current.CancellationToken), "One.", TestContext.Current.CancellationToken,
            response => owner = response.Headers.GetValues("x-pilotlight-node").Single()).ToListAsync(TestContext.Current.CancellationToken);
        await Expect(page.Page.Locator($"[data-node='{owner}'] [data-count=hot]")).ToHaveTextAsync("1");
        await PageTests.ExpectNoViolationsAsync(page);

        await cluster.StopAsync(1, TestContext.Current.CancellationToken);
        await Expect(page.Page.Locator("[data-node]")).ToHaveCountAsync(0);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_start_that_fails_shows_the_breaker_and_what_the_process_said()
    {
        await using var gateway = await OwnGateway.StartAsync("--Pilotlight:Claude:Path=/bin/false", "--Pilotlight:Pool:BreakerThreshold=1");
        await using var page = await browser.OpenAsync(gateway.Address, "/pool");

        await Expect(page.Page.Locator(".profile .problem").First).ToContainTextAsync("/bin/false");
        await Expect(page.Page.Locator(".badge-bad").First).ToBeVisibleAsync();
    }
}
