using System.Net.Sockets;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Clients that never finish their headers, while others work.</summary>
internal static class SlowClients
{
    private const int Requests = 400;

    /// <returns>0 when the others were served and every slow one was dropped.</returns>
    public static async Task<int> RunAsync(int clients)
    {
        await using var rig = await GatewayRig.CreateAsync();
        await using var gateway = await rig.StartAsync();
        await MeasureAsync(gateway);
        var alone = await MeasureAsync(gateway);

        var slow = new List<TcpClient>();
        for (var client = 0; client < clients; client++)
        {
            var socket = new TcpClient();
            await socket.ConnectAsync(gateway.Http.BaseAddress!.Host, gateway.Http.BaseAddress.Port);
            await socket.GetStream().WriteAsync("GET /api/pool HTTP/1.1\r\nHost: loc"u8.ToArray());
            slow.Add(socket);
        }

        var beside = await MeasureAsync(gateway);
        var thread = await gateway.CreateThreadAsync(CancellationToken.None);
        var turn = await gateway.TurnAsync(thread, "hi", CancellationToken.None).ToListAsync();
        var dropped = await Task.WhenAll(slow.Select(DroppedAsync));
        slow.ForEach(socket => socket.Dispose());
        Console.WriteLine(
            $"{clients} clients that never finish their headers: GET /api/pool took {alone:0.00} ms without them and {beside:0.00} ms beside them (medians of {Requests}); "
            + $"a turn beside them ended as {turn[^1].Type}; {dropped.Count(gone => gone)} were dropped");
        return turn[^1].Type == "turn.completed" && dropped.All(gone => gone) ? 0 : 1;
    }

    private static async Task<double> MeasureAsync(GatewayProcess gateway)
    {
        var times = new List<double>();
        for (var request = 0; request < Requests; request++)
        {
            var startedAt = TimeProvider.System.GetTimestamp();
            using var response = await gateway.Http.GetAsync("/api/pool");
            times.Add(TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds);
        }

        times.Sort();
        return times[Requests / 2];
    }

    private static async Task<bool> DroppedAsync(TcpClient client)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await client.GetStream().CopyToAsync(Stream.Null, limit.Token);
            return true;
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
