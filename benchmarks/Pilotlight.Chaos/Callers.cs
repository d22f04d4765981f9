using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>How a turn is asked for.</summary>
internal enum Api
{
    Native,
    Streamed,
    Whole,
}

/// <summary>Clients of both kinds of API, all asking for the same answer.</summary>
internal static class Callers
{
    private const string Mark = "chaos";

    /// <summary>What every turn is answered: two seconds of text, in counts of which each tells what was lost.</summary>
    public static void Script(SimulatorServer simulator) => simulator.When(
        request => request.LastUserText.Contains(Mark, StringComparison.Ordinal),
        Scenario.Words(40) with { FirstTokenDelay = TimeSpan.FromMilliseconds(200), TokensPerSecond = 40, InputTokens = 10, CacheReadTokens = 3, CacheWriteTokens = 2 });

    /// <summary>One after the other.</summary>
    public static Api Nth(int number) => (Api)(number % 3);

    /// <summary>Asks, and reads what comes until it ends or the token says so; the native turn that was acknowledged, or null.</summary>
    public static async Task<(int Status, string? Turn)> AskAsync(GatewayProcess gateway, Api api, string thread, CancellationToken cancellationToken)
    {
        var (status, turn) = (0, (string?)null);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Path(api, thread)) { Content = JsonContent.Create(Body(api)) };
            using var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            status = (int)response.StatusCode;
            turn = response.IsSuccessStatusCode && api == Api.Native ? response.Headers.GetValues("x-pilotlight-turn").Single() : null;
            await response.Content.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException or OperationCanceledException)
        {
            // Either has gone.
        }

        return (status, turn);
    }

    /// <summary>Asks over a connection that is reset after a while.</summary>
    public static async Task AskAndResetAsync(GatewayProcess gateway, Api api, string thread, TimeSpan after)
    {
        var body = JsonSerializer.Serialize(Body(api));
        using var client = new TcpClient { LingerState = new LingerOption(true, 0) };
        try
        {
            await client.ConnectAsync(gateway.Http.BaseAddress!.Host, gateway.Http.BaseAddress.Port);
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(
                $"POST {Path(api, thread)} HTTP/1.1\r\nHost: {gateway.Http.BaseAddress.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
            await Task.Delay(after);
        }
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            // The server has gone first.
        }
    }

    private static string Path(Api api, string thread) => api == Api.Native ? $"/api/threads/{thread}/turns" : "/v1/chat/completions";

    private static object Body(Api api)
    {
        var text = $"{Mark} {Guid.NewGuid():N}";
        return api == Api.Native ? new { text } : new { model = "sonnet", stream = api == Api.Streamed, messages = new[] { new { role = "user", content = text } } };
    }
}
