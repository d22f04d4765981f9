using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Pilotlight.Console.Tests.Browser))]

namespace Pilotlight.Console.Tests;

/// <summary>One Chromium for all tests; each page gets a context of its own, so no test sees another's cookies.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _chromium;

    /// <summary>Debian's; another may be named.</summary>
    private static string Executable => Environment.GetEnvironmentVariable("PILOTLIGHT_TEST_CHROMIUM") is { Length: > 0 } named ? named : "/usr/bin/chromium";

    public async ValueTask InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(ConsolePage.Patience);
        _playwright = await Playwright.CreateAsync();
        _chromium = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable,
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A page on the gateway; what it complains about is kept.</summary>
    public async Task<ConsolePage> OpenAsync(Uri gateway, string path = "/", bool isDark = false, bool isPhone = false, IBrowserContext? context = null)
    {
        context ??= await NewContextAsync(gateway, isDark, isPhone);
        var page = new ConsolePage(await context.NewPageAsync());
        await page.GoAsync(path);
        return page;
    }

    public Task<IBrowserContext> NewContextAsync(Uri gateway, bool isDark = false, bool isPhone = false, float scale = 1) =>
        _chromium!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = gateway.ToString(),
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = isPhone ? new ViewportSize { Width = 390, Height = 780 } : new ViewportSize { Width = 1280, Height = 800 },
            HasTouch = isPhone,
            DeviceScaleFactor = scale,
        });

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.CloseAsync();
        }

        _playwright?.Dispose();
    }
}
