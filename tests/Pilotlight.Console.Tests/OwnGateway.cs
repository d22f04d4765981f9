using System.Net.Http.Json;
using Pilotlight.Testing;

namespace Pilotlight.Console.Tests;

/// <summary>A simulated gateway of a test's own, in a folder of its own.</summary>
public sealed class OwnGateway : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-console-");

    public GatewayProcess Process { get; private set; } = null!;

    public Uri Address => Process.Http.BaseAddress!;

    public static async Task<OwnGateway> StartAsync(params string[] arguments)
    {
        var own = new OwnGateway();
        own.Process = await GatewayProcess.StartAsync(own._data.FullName, TestContext.Current.CancellationToken, null, ["--simulate", GatewayProcess.OneParked, .. arguments]);
        return own;
    }

    /// <summary>Makes a key; the first one closes the gateway to all who have none.</summary>
    public async Task<string> CreateKeyAsync(string name, bool isAdmin, string? asAdmin = null, object? limits = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/keys") { Content = JsonContent.Create(new { name, isAdmin, limits }) };
        if (asAdmin is not null)
        {
            request.Headers.Add("x-api-key", asAdmin);
        }

        using var response = await Process.Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>(TestContext.Current.CancellationToken)).GetProperty("key").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _data.Delete(recursive: true);
    }
}
