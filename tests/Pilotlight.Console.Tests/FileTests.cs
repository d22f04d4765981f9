using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Pilotlight.Console.Tests;

/// <summary>Files in the chat, threads that branch off, are found and taken away; in a real browser.</summary>
public sealed class FileTests(Browser browser, SharedGateway shared)
{
    // 4 by 3, orange: a picture that can be seen on a screenshot.
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAAEElEQVR4nGP4UCEHRww4OQBuihJJ1cqgGgAAAABJRU5ErkJggg==";

    [Fact]
    public async Task Files_are_picked_pasted_and_dropped_shown_and_sent()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        var pending = page.Page.Locator(".attaching .file");
        await page.Page.Locator(".composer[data-ready]").WaitForAsync();

        await page.Page.GetByLabel("Attach files", new PageGetByLabelOptions { Exact = true }).And(page.Page.Locator("input")).SetInputFilesAsync(
            [new FilePayload { Name = "flag.png", MimeType = "image/png", Buffer = Convert.FromBase64String(Png) }, new FilePayload { Name = "rules.pdf", MimeType = "application/pdf", Buffer = Encoding.ASCII.GetBytes("%PDF-1.7\nnothing") }]);
        await Expect(pending).ToHaveCountAsync(2);
        await GiveAsync(page, "paste", "#message", "pasted.png");
        await Expect(pending).ToHaveCountAsync(3);
        await GiveAsync(page, "drop", ".chat", "dropped.png");
        await Expect(pending).ToHaveCountAsync(4);
        await page.Page.GetByLabel("Leave out dropped.png").ClickAsync();
        await Expect(pending).ToHaveCountAsync(3);
        Assert.Equal(4, await page.Page.Locator(".attaching img").First.EvaluateAsync<int>("image => image.decode().then(() => image.naturalWidth)"));
        await page.SayAsync("What are these?");
        await page.WaitForAnswerAsync();

        await Expect(pending).ToHaveCountAsync(0);
        var sent = page.Page.Locator(".question .file");
        await Expect(sent).ToHaveCountAsync(3);
        Assert.Equal(4, await sent.Locator("img").First.EvaluateAsync<int>("image => image.decode().then(() => image.naturalWidth)"));
        await Expect(sent.Nth(1)).ToContainTextAsync("rules.pdf");
        await SaveAsync(page, "files");

        // Still there for whoever opens the thread later, and sent again with the question.
        await page.Page.ReloadAsync();
        await Expect(sent).ToHaveCountAsync(3);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Regenerate" }).ClickAsync();
        await page.WaitForAnswerAsync();
        await Expect(sent).ToHaveCountAsync(3);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_file_that_cannot_be_sent_is_refused_at_once_and_says_why()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        await page.Page.Locator(".composer[data-ready]").WaitForAsync();

        await page.Page.GetByLabel("Attach files", new PageGetByLabelOptions { Exact = true }).And(page.Page.Locator("input"))
            .SetInputFilesAsync(new FilePayload { Name = "lies.pdf", MimeType = "application/pdf", Buffer = Convert.FromBase64String(Png) });

        await Expect(page.Page.GetByText("lies.pdf is labelled 'application/pdf', and its bytes are image/png")).ToBeVisibleAsync();
        await Expect(page.Page.Locator(".attaching .file")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_earlier_message_is_edited_in_a_thread_that_branches_off_and_the_last_one_in_its_place()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        foreach (var (text, count) in new[] { ("First question", 1), ("Second question", 2) })
        {
            await page.SayAsync(text);
            await page.WaitForAnswerAsync(count: count);
        }

        var first = page.Page.Url;
        await EditAsync(page, 1, "Second question, in other words");
        await Expect(page.Page.GetByText("You said: “Second question, in other words”")).ToBeVisibleAsync();
        await Expect(page.Answers).ToHaveCountAsync(2);
        Assert.Equal(first, page.Page.Url);

        await EditAsync(page, 1, "Third try");
        await Expect(page.Page.GetByText("You said: “Third try”")).ToBeVisibleAsync();
        await EditAsync(page, 0, "Another beginning");
        await Expect(page.Page.GetByText("You said: “Another beginning”")).ToBeVisibleAsync();
        await Expect(page.Answers).ToHaveCountAsync(1);
        Assert.NotEqual(first, page.Page.Url);
        await page.GoAsync(new Uri(first).AbsolutePath);
        await Expect(page.Answers).ToHaveCountAsync(2);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task A_thread_is_found_by_what_was_said_and_taken_away()
    {
        await using var page = await browser.OpenAsync(await shared.AddressAsync());
        await page.SayAsync("Plain words");
        await page.WaitForAnswerAsync();
        await page.SayAsync("Über das 雨-Wetter in Zürich");
        await page.WaitForAnswerAsync(count: 2);

        await page.Page.GetByLabel("Search threads").FillAsync("ÜBER zürich");
        await Expect(page.Page.Locator(".thread")).ToHaveCountAsync(1);
        await page.Page.GetByLabel("Search threads").FillAsync("雨");
        await Expect(page.Page.Locator(".thread")).ToHaveCountAsync(1);
        await page.Page.Locator(".thread-more").ClickAsync();
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.GetByText("Export as Markdown").ClickAsync());

        Assert.Equal("Plain words.md", download.SuggestedFilename);
        Assert.Contains("Über das 雨-Wetter in Zürich", await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task EditAsync(ConsolePage page, int question, string text)
    {
        await page.Page.Locator(".question").Nth(question).HoverAsync();
        await page.Page.Locator(".question").Nth(question).GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await page.Page.Locator(".editing").WaitForAsync();
        await page.SayAsync(text);
        await Expect(page.Page.Locator(".editing")).ToHaveCountAsync(0);
    }

    // As the browser would tell it of a file from elsewhere.
    private static async Task GiveAsync(ConsolePage page, string how, string where, string name) => await page.Page.EvaluateAsync(
        """
        ([how, where, name, base64]) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))], name, { type: 'image/png' }));
          const init = { bubbles: true, cancelable: true };
          document.querySelector(where).dispatchEvent(how === 'paste' ? new ClipboardEvent('paste', { ...init, clipboardData: data }) : new DragEvent('drop', { ...init, dataTransfer: data }));
        }
        """,
        new[] { how, where, name, Png });

    private static async Task SaveAsync(ConsolePage page, string name)
    {
        if (Environment.GetEnvironmentVariable("PILOTLIGHT_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
        }
    }
}
