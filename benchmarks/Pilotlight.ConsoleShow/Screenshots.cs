using Microsoft.Playwright;

namespace Pilotlight.ConsoleShow;

/// <summary>Pictures of the console, for the documentation: the real pages, with a simulated model that has been told what to say.</summary>
internal static class Screenshots
{
    public static async Task TakeAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var work = Directory.CreateTempSubdirectory("pilotlight-show-work-");
        try
        {
            await TakeAsync(folder, work.FullName);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static async Task TakeAsync(string folder, string work)
    {
        await using var stage = await Stage.SetAsync(
            "--Pilotlight:Pool:MinIdle=3", "--Pilotlight:Pool:Size=3", "--Pilotlight:Claude:Profiles:coder:Tools:0=Bash", "--Pilotlight:Claude:Profiles:coder:Tools:1=Write",
            "--Pilotlight:Claude:Profiles:coder:Tools:2=AskUserQuestion", "--Pilotlight:Claude:Profiles:coder:Approval=Ask", $"--Pilotlight:Claude:Profiles:coder:WorkingDirectory={work}");
        await AgentShots.TakeAsync(stage, folder, work);
        foreach (var (title, question) in Script.Earlier)
        {
            await EarlierAsync(stage, title, question);
        }

        var page = await stage.NewPageAsync();
        await page.GotoAsync("/");
        await SayAsync(stage, page, Script.First.Question, Script.First.Answer);
        await SayAsync(stage, page, Script.Second.Question, Script.Second.Answer);
        var thread = new Uri(page.Url).AbsolutePath;
        await ShootAsync(page, folder, "chat.png");

        var phone = await stage.NewPageAsync(width: 390, height: 780);
        await phone.GotoAsync(thread);
        await phone.Locator(".answer.is-complete").Nth(1).WaitForAsync();
        await ShootAsync(phone, folder, "phone.png");

        var dark = await stage.NewPageAsync(isDark: true);
        await dark.GotoAsync(thread);
        await dark.Locator(".answer.is-complete").Nth(1).WaitForAsync();
        await StreamAsync(stage, dark);
        await ShootAsync(dark, folder, "chat-dark.png");
        await dark.Keyboard.PressAsync("Escape");

        var pool = await stage.NewPageAsync();
        await pool.GotoAsync("/pool");
        await pool.Locator("tr[data-process]").First.WaitForAsync();
        await ShootAsync(pool, folder, "pool.png");
        var poolDark = await stage.NewPageAsync(isDark: true);
        await poolDark.GotoAsync("/pool");
        await poolDark.Locator("tr[data-process]").First.WaitForAsync();
        await ShootAsync(poolDark, folder, "pool-dark.png");

        var usage = await stage.NewPageAsync();
        await usage.GotoAsync("/usage");
        await usage.Locator(".tiles").WaitForAsync();
        await ShootAsync(usage, folder, "usage.png");
    }

    // Talk of some days, so that the pages have something to show: threads of their own, some of them with a second, hot turn.
    private static async Task EarlierAsync(Stage stage, string title, string question)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var thread = await stage.Gateway.CreateThreadAsync(bound.Token, new { title });
        for (var turn = 0; turn < 3; turn++)
        {
            await foreach (var _ in stage.Gateway.TurnAsync(thread, $"{question} [[sim words={120 + (turn * 60)} delay={260 + (turn * 35)}]]", bound.Token))
            {
                // To its end.
            }
        }
    }

    private static async Task SayAsync(Stage stage, IPage page, string question, string answer)
    {
        var before = await page.Locator(".answer.is-complete").CountAsync();
        await stage.SayNextAsync(new { text = answer, firstTokenDelay = "00:00:00.310" });
        await page.Locator(".composer[data-ready]").WaitForAsync();
        await page.Locator("#message").FillAsync(question);
        await page.Locator("#message").PressAsync("Enter");
        await page.Locator(".answer.is-complete").Nth(before).WaitForAsync();
    }

    private static async Task StreamAsync(Stage stage, IPage page)
    {
        await stage.SayNextAsync(new { text = Script.Third.Answer, tokensPerSecond = 14 });
        await page.Locator(".composer[data-ready]").WaitForAsync();
        await page.Locator("#message").FillAsync(Script.Third.Question);
        await page.Locator("#message").PressAsync("Enter");
        await page.GetByText("is dealt with first").WaitForAsync();
    }

    internal static async Task ShootAsync(IPage page, string folder, string name)
    {
        await page.EvaluateAsync("document.activeElement?.blur()");
        await page.EvaluateAsync("document.fonts.ready");
        var path = Path.Combine(folder, name);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = path, Animations = ScreenshotAnimations.Disabled });
        Console.WriteLine($"{path}: {new FileInfo(path).Length / 1024} KiB");
    }
}
