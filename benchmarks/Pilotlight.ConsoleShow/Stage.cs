using System.Net.Http.Json;
using Microsoft.Playwright;
using Pilotlight.Testing;

namespace Pilotlight.ConsoleShow;

/// <summary>A simulated gateway and a Chromium before it.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-show-");
    private readonly HttpClient _simulator;
    private IPlaywright _playwright = null!;

    private Stage(int simulatorPort) => _simulator = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{simulatorPort}") };

    public GatewayProcess Gateway { get; private set; } = null!;

    public IBrowser Chromium { get; private set; } = null!;

    public static async Task<Stage> SetAsync(params string[] arguments)
    {
        var port = FreePorts.Next();
        var stage = new Stage(port);
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        stage.Gateway = await GatewayProcess.StartAsync(stage._data.FullName, bound.Token, null, ["--simulate", GatewayProcess.OneParked, $"--Pilotlight:Simulator:Port={port}", .. arguments]);
        await stage.Gateway.WaitForWarmthAsync(bound.Token);
        stage._playwright = await Playwright.CreateAsync();
        stage.Chromium = await stage._playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("PILOTLIGHT_TEST_CHROMIUM") is { Length: > 0 } named ? named : "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return stage;
    }

    /// <summary>A page that is not loaded yet.</summary>
    public async Task<IPage> NewPageAsync(bool isDark = false, int width = 1280, int height = 800)
    {
        var context = await Chromium.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Gateway.Http.BaseAddress!.ToString(),
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new ViewportSize { Width = width, Height = height },
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(120_000);
        return page;
    }

    /// <summary>What the simulated model says next.</summary>
    public async Task SayNextAsync(params object[] scenarios)
    {
        using var response = await _simulator.PostAsJsonAsync("/_simulator/scenarios", scenarios);
        response.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await Chromium.CloseAsync();
        _playwright.Dispose();
        await Gateway.DisposeAsync();
        _simulator.Dispose();
        _data.Delete(recursive: true);
    }
}
