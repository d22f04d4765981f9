using System.Diagnostics;
using Microsoft.Playwright;
using Pilotlight.Testing;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>The pages in <c>samples/web</c>, built as they are and run in a real browser on another origin than the gateway's.</summary>
public sealed class SampleTests(Browser browser)
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "samples", "web");

    [Theory]
    [InlineData("use-chat")]
    [InlineData("ag-ui")]
    [InlineData("event-source")]
    public async Task A_page_shows_an_answer_goes_on_with_it_after_a_reload_and_asks_again(string name)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(s_folder, "node_modules")), "The samples' packages are not installed: run 'npm ci --ignore-scripts' in samples/web, as test.sh does.");
        using var pages = await ServeAsync();
        try
        {
            var origin = await pages.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException(await pages.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await using var gateway = await OwnGateway.StartAsync($"--Pilotlight:Compatible:Cors:0={origin}");
            await using var page = new ConsolePage(await (await browser.NewContextAsync(new Uri(origin))).NewPageAsync());
            await page.Page.GotoAsync($"/{name}.html?gateway={gateway.Address.ToString().TrimEnd('/')}");
            await Expect(page.Page.Locator("output")).ToHaveTextAsync("ready");

            await page.Message.FillAsync("[[sim words=120 rate=20]]");
            await page.Message.PressAsync("Enter");
            var answer = page.Page.Locator(".assistant").First;
            await Expect(answer).ToContainTextAsync("word3 ");
            await page.Page.ReloadAsync();
            await Expect(answer).ToContainTextAsync("word5 ");
            await Expect(page.Page.Locator("output")).Not.ToHaveTextAsync("ready");
            await Expect(page.Page.Locator("output")).ToHaveTextAsync("ready");

            Assert.Equal(string.Join(' ', Enumerable.Range(1, 120).Select(at => $"word{at}")), await answer.InnerTextAsync());
            await page.Message.FillAsync("And now?");
            await page.Message.PressAsync("Enter");
            await Expect(page.Page.Locator(".assistant").Nth(1)).ToContainTextAsync("You said: “And now?”");
            Assert.Equal(2, await page.Page.Locator(".user").CountAsync());
            Assert.Empty(page.Complaints);
        }
        finally
        {
            pages.Kill(entireProcessTree: true);
        }
    }

    private static async Task<Process> ServeAsync()
    {
        using var build = Process.Start(new ProcessStartInfo("node", ["build.mjs"]) { WorkingDirectory = s_folder })!;
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, build.ExitCode);
        return Process.Start(new ProcessStartInfo("node", ["serve.mjs", "0"]) { WorkingDirectory = s_folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }
}
