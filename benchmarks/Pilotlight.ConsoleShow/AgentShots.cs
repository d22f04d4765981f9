using Microsoft.Playwright;

namespace Pilotlight.ConsoleShow;

/// <summary>Pictures of an agent that asks for leave.</summary>
internal static class AgentShots
{
    private const string Script = "#!/bin/sh\nset -eu\n\nfor size in 1 2 4 8; do\n  echo \\\"pool of $size\\\"\ndone\n";

    public static async Task TakeAsync(Stage stage, string folder, string work)
    {
        var thread = await stage.Gateway.CreateThreadAsync(CancellationToken.None, new { profile = "coder", title = "Measure the pool" });
        var page = await stage.NewPageAsync();
        await page.GotoAsync("/t/" + thread);
        await stage.SayNextAsync(
            Call("Write", $$"""{"file_path":"{{work}}/measure.sh","content":"{{Script.Replace("\n", "\\n", StringComparison.Ordinal)}}"}""", "I write a script that tries four sizes. "),
            Call("Bash", """{"command":"sh measure.sh","description":"Run the script"}""", "Now it is run. "),
            Call("AskUserQuestion", """{"questions":[{"question":"Which size is to be kept?","header":"Size","multiSelect":false,"options":[{"label":"Four","description":"Enough for this machine"},{"label":"Eight","description":"Twice the memory"}]}]}""", ""),
            new { text = "The pool is set to **four**: more would only take memory." });
        await page.Locator(".composer[data-ready]").WaitForAsync();
        await page.Locator("#message").FillAsync("Measure which size of the pool fits this machine, and set it.");
        await page.Locator("#message").PressAsync("Enter");

        await AllowAsync(page, "Write", async () => await EverywhereAsync(stage, page, folder, thread, "agent-diff"));
        await AllowAsync(page, "Run", async () => await EverywhereAsync(stage, page, folder, thread, "agent"));
        await page.GetByLabel("Four").CheckAsync();
        await EverywhereAsync(stage, page, folder, thread, "agent-question");
        await page.GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true }).ClickAsync();
        await page.Locator(".answer.is-complete").WaitForAsync();
        await page.Locator("details.tool summary").Nth(1).ClickAsync();
        await Screenshots.ShootAsync(page, folder, "agent-done.png");
    }

    private static async Task AllowAsync(IPage page, string title, Func<Task> look)
    {
        var card = page.Locator("[data-approval]", new PageLocatorOptions { HasText = title });
        await card.WaitForAsync();
        await look();
        await card.Locator("[data-allow]").ClickAsync();
    }

    // Light, dark, and on a phone.
    private static async Task EverywhereAsync(Stage stage, IPage page, string folder, string thread, string name)
    {
        await Screenshots.ShootAsync(page, folder, name + ".png");
        foreach (var (suffix, isDark, width) in new[] { ("-dark", true, 1280), ("-phone", false, 390) })
        {
            var other = await stage.NewPageAsync(isDark, width, width == 390 ? 780 : 800);
            await other.GotoAsync("/t/" + thread);
            await other.Locator("[data-approval]").WaitForAsync();
            await Screenshots.ShootAsync(other, folder, name + suffix + ".png");
            await other.Context.CloseAsync();
        }
    }

    private static object Call(string name, string input, string text) => new { text, tool = new { name, input = System.Text.Json.JsonElement.Parse(input) } };
}
