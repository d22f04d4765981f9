using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>A person in the loop, in a real browser: shown, answered by buttons and keys, still there after a reload.</summary>
public sealed class ApprovalTests(Browser browser) : IDisposable
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("pilotlight-work-");

    public void Dispose() => _work.Delete(recursive: true);

    [Fact]
    public async Task A_command_is_shown_survives_a_reload_and_is_answered_by_keys()
    {
        await using var gateway = await StartAsync();
        await using var page = await OpenAsync(gateway);
        const string Markup = "<img src=x onerror=alert(1)>";

        await page.SayAsync($$"""[[sim tool=Bash input={"command":"echo '{{Markup}}' > made; cat made","description":"x"}]]""");
        await Expect(Card(page)).ToContainTextAsync("cat made");
        await page.Page.ReloadAsync();
        await Expect(Card(page).Locator("pre")).ToContainTextAsync(Markup);
        await Expect(Card(page)).ToBeFocusedAsync();
        Assert.Empty(_work.GetFiles());
        await page.Page.WaitForTimeoutAsync(500);
        await page.Page.Keyboard.PressAsync("a");
        await page.WaitForAnswerAsync();

        Assert.Equal(["made"], _work.GetFiles().Select(file => file.Name));
        await page.LastAnswer.Locator("details.tool summary").ClickAsync();
        await Expect(page.LastAnswer.Locator(".tool-output")).ToContainTextAsync(Markup);
        Assert.Equal(0, await page.Page.Locator(".answer img").CountAsync());

        await page.SayAsync("""[[sim tool=Bash input={"command":"touch never","description":"x"}]]""");
        await Expect(Card(page)).ToBeFocusedAsync();
        await page.Page.WaitForTimeoutAsync(500);
        await page.Page.Keyboard.PressAsync("Escape");
        await page.WaitForAnswerAsync(count: 2);
        await Expect(page.LastAnswer.Locator("details.tool")).ToContainTextAsync("failed");
        Assert.Equal(["made"], _work.GetFiles().Select(file => file.Name));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_file_is_shown_as_a_change_and_a_question_with_its_options()
    {
        await using var gateway = await StartAsync();
        await using var page = await OpenAsync(gateway, isPhone: true);

        await page.SayAsync($$"""[[sim tool=Write input={"file_path":"{{_work.FullName}}/notes.md","content":"one\ntwo\n"}]]""");
        await Expect(Card(page).Locator(".diff-line.is-added")).ToHaveCountAsync(2);
        await Card(page).GetByRole(AriaRole.Button, new() { Name = "Allow", Exact = false }).First.ClickAsync();
        await page.WaitForAnswerAsync();
        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(Path.Combine(_work.FullName, "notes.md"), TestContext.Current.CancellationToken));

        await page.SayAsync("""[[sim tool=AskUserQuestion input={"questions":[{"question":"Which color?","header":"Color","multiSelect":false,"options":[{"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]}]}]]""");
        await Expect(Card(page).GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true })).ToBeDisabledAsync();
        await Card(page).GetByLabel("Blue").CheckAsync();
        await Card(page).GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true }).ClickAsync();
        await page.WaitForAnswerAsync(count: 2);
        await page.LastAnswer.Locator("details.tool summary").ClickAsync();
        await Expect(page.LastAnswer.Locator(".tool-output")).ToContainTextAsync("Blue");

        Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_turn_that_waits_can_be_stopped_and_one_that_is_answered_elsewhere_goes_on()
    {
        await using var gateway = await StartAsync();
        await using var page = await OpenAsync(gateway);

        await page.SayAsync("""[[sim tool=Bash input={"command":"touch never","description":"x"}]]""");
        await Expect(Card(page)).ToBeVisibleAsync();
        await page.Page.Locator("[data-stop]").ClickAsync();
        await page.WaitForAnswerAsync("cancelled");

        // A thread of its own: told the call that was stopped together with a message, the simulated model takes it for the answer of a tool.
        await page.GoAsync("/t/" + await gateway.Process.CreateThreadAsync(TestContext.Current.CancellationToken, new { profile = "coder" }));
        await page.SayAsync("""[[sim tool=Bash input={"command":"touch made","description":"x"}]]""");
        var id = await Card(page).GetAttributeAsync("data-approval");
        var thread = new Uri(page.Page.Url).Segments[^1];
        using var answered = await gateway.Process.Http.PostAsync(
            $"/api/threads/{thread}/approvals/{id}", new StringContent("""{"decision":"allow"}""", System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        await page.WaitForAnswerAsync();

        Assert.True(answered.IsSuccessStatusCode);
        await Expect(Card(page)).ToHaveCountAsync(0);
        Assert.Equal(["made"], _work.GetFiles().Select(file => file.Name));
        Assert.Empty(page.Complaints);
    }

    private static ILocator Card(ConsolePage page) => page.Page.Locator("[data-approval]");

    private async Task<ConsolePage> OpenAsync(OwnGateway gateway, bool isPhone = false)
    {
        var thread = await gateway.Process.CreateThreadAsync(TestContext.Current.CancellationToken, new { profile = "coder" });
        return await browser.OpenAsync(gateway.Address, "/t/" + thread, isPhone: isPhone);
    }

    private Task<OwnGateway> StartAsync() => OwnGateway.StartAsync(
        "--Pilotlight:Claude:Profiles:coder:Tools:0=Bash", "--Pilotlight:Claude:Profiles:coder:Tools:1=Write", "--Pilotlight:Claude:Profiles:coder:Tools:2=AskUserQuestion",
        "--Pilotlight:Claude:Profiles:coder:Approval=Ask", $"--Pilotlight:Claude:Profiles:coder:WorkingDirectory={_work.FullName}");
}
