using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>What an agent does and works on, in a real browser: tools in their order, subagents by their names, the files of its workspace.</summary>
public sealed class WorkspaceTests(Browser browser)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_go_in_are_worked_on_come_out_and_are_removed()
    {
        await using var gateway = await StartAsync("Bash");
        await using var page = await OpenAsync(gateway);
        await page.SayAsync("""[[sim tool=Bash input={"command":"mkdir -p src; echo written > src/made.txt; ln -s /etc/passwd out","description":"Make files"}]]""");
        await page.WaitForAnswerAsync();

        await page.Page.GetByLabel("Files of this thread").ClickAsync();
        var list = page.Page.Locator(".ws-list li");
        await Expect(list).ToHaveCountAsync(2);
        await page.Page.Locator(".workspace[data-ready] input[type=file]").SetInputFilesAsync(
            [new FilePayload { Name = "zwei drei.txt", MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes("from outside") }]);
        await Expect(list).ToHaveCountAsync(3);
        await SaveAsync(page, "workspace");
        Assert.Equal("from outside", await DownloadAsync(page, "zwei drei.txt"));
        await list.Filter(new() { HasText = "zwei drei.txt" }).GetByRole(AriaRole.Button).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Delete it" }).ClickAsync();
        await Expect(list).ToHaveCountAsync(2);
        await Expect(list.Filter(new() { HasText = "out" }).Locator("a")).ToHaveCountAsync(0);
        await list.GetByText("src").ClickAsync();
        await Expect(list).ToHaveCountAsync(1);
        Assert.Equal("written\n", await DownloadAsync(page, "made.txt"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_thread_without_a_workspace_shows_none_and_its_files_are_not_to_be_had()
    {
        await using var gateway = await OwnGateway.StartAsync();
        await using var page = await browser.OpenAsync(gateway.Address, "/t/" + await gateway.Process.CreateThreadAsync(Token));
        await page.Page.Locator(".composer[data-ready]").WaitForAsync();

        await Expect(page.Page.GetByLabel("Files of this thread")).ToHaveCountAsync(0);
        using var answer = await gateway.Process.Http.GetAsync(new Uri(page.Page.Url).AbsolutePath + "/files/a.txt", Token);
        Assert.Equal(System.Net.HttpStatusCode.Conflict, answer.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tools_stand_where_they_were_called_and_an_agent_is_named_also_after_a_reload(bool isPhone)
    {
        await using var gateway = await StartAsync("Agent");
        await using var page = await OpenAsync(gateway, isPhone);
        await page.SayAsync("""[[sim tool=Agent input={"description":"review the change","prompt":"look at the file","subagent_type":"reviewer"}]]""");
        await page.WaitForAnswerAsync();
        await Expect(page.LastAnswer.Locator(".tool-name")).ToHaveTextAsync("reviewer");
        await Expect(page.LastAnswer.Locator(".tool-state")).ToHaveTextAsync("done");
        Assert.Equal(["DIV", "UL", "DIV"], await ShapeAsync(page));
        await page.LastAnswer.Locator("details.tool summary").ClickAsync();
        await SaveAsync(page, isPhone ? "subagent-phone" : "subagent");

        await page.Page.ReloadAsync();
        await page.WaitForAnswerAsync();
        await Expect(page.LastAnswer.Locator(".tool-name")).ToHaveTextAsync("reviewer");
        Assert.Equal(["DIV", "UL", "DIV"], await ShapeAsync(page));
        Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        Assert.Empty(page.Complaints);
    }

    private static async Task<string[]> ShapeAsync(ConsolePage page) =>
        await page.LastAnswer.Locator(".parts").EvaluateAsync<string[]>("parts => [...parts.children].map(part => part.tagName)");

    private static async Task<string> DownloadAsync(ConsolePage page, string name)
    {
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.Locator("a.ws-name", new() { HasText = name }).ClickAsync());
        Assert.Equal(name, download.SuggestedFilename);
        return await File.ReadAllTextAsync(await download.PathAsync(), Token);
    }

    private static async Task SaveAsync(ConsolePage page, string name)
    {
        if (Environment.GetEnvironmentVariable("PILOTLIGHT_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
        }
    }

    private async Task<ConsolePage> OpenAsync(OwnGateway gateway, bool isPhone = false) =>
        await browser.OpenAsync(gateway.Address, "/t/" + await gateway.Process.CreateThreadAsync(Token, new { profile = "coder" }), isPhone: isPhone);

    private static Task<OwnGateway> StartAsync(string tool)
    {
        const string Coder = "--Pilotlight:Claude:Profiles:coder";
        List<string> settings = [$"{Coder}:Tools:0={tool}", $"{Coder}:AllowedTools:0={tool}", $"{Coder}:Sandbox=Full", $"{Coder}:Workspace=Thread"];
        if (tool == "Agent")
        {
            settings.AddRange([$"{Coder}:Agents:reviewer:Description=Reviews", $"{Coder}:Agents:reviewer:Prompt=You are a strict reviewer."]);
        }

        return OwnGateway.StartAsync([.. settings]);
    }
}
