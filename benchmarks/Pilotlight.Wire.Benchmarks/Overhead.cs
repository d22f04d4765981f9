using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Pilotlight.Simulator;

namespace Pilotlight.Wire.Benchmarks;

/// <summary>The same calls straight to a simulator and through a relay, by turns, each of the three in a process of its own.</summary>
internal static class Overhead
{
    // Until the runtime has compiled for good what a server that has run for a while has.
    private const int WarmUp = 6000;

    // What a fast API takes until it answers.
    private const int Answer = 200;

    public static async Task<int> RunAsync(int calls, int delay)
    {
        using var simulator = Start(["simulator", delay.ToString(CultureInfo.InvariantCulture)]);
        var address = (await simulator.StandardOutput.ReadLineAsync())!;
        using var relay = Start(["relay", address]);
        var (socket, token) = ((await relay.StandardOutput.ReadLineAsync())!, (await relay.StandardOutput.ReadLineAsync())!);
        using var straight = new HttpClient { BaseAddress = new Uri(address) };
        using var relayed = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(socket, cancellationToken) }) { BaseAddress = new Uri("http://localhost") };
        await MeasureAsync(straight, "k", 16, WarmUp, 0);
        await MeasureAsync(relayed, token, 16, WarmUp, 0);
        await OwnTimeAsync(relay);
        Console.WriteLine("at a time, the API's time | straight p50 p99 | relayed p50 p99 | added p50 p99 (ms, to the first byte)");

        // An API that answers at once has all processors at work, so that each call also waits for the others; one that takes its time has not.
        foreach (var (atOnce, answer) in new[] { (1, 0), (16, 0), (16, Answer) })
        {
            var (without, with) = (new List<double>(), new List<double>());
            var before = relay.TotalProcessorTime;
            for (var round = 0; round < 10; round++)
            {
                without.AddRange(await MeasureAsync(straight, "k", atOnce, calls / 10, answer));
                with.AddRange(await MeasureAsync(relayed, token, atOnce, calls / 10, answer));
            }

            double[] figures = [Quantiles.Of(without, 0.5), Quantiles.Of(without, 0.99), Quantiles.Of(with, 0.5), Quantiles.Of(with, 0.99)];
            Console.WriteLine($"{atOnce,9}, {answer,3} ms | {figures[0]:0.00} {figures[1]:0.00} | {figures[2]:0.00} {figures[3]:0.00} | {figures[2] - figures[0]:0.00} {figures[3] - figures[1]:0.00}");
            Console.WriteLine($"            the relay's own part, measured inside it: p50, p99 {await OwnTimeAsync(relay)} calls (ms)");
            relay.Refresh();
            Console.WriteLine($"            the relay's processor time: {(relay.TotalProcessorTime - before).TotalMilliseconds / with.Count:0.00} ms a call");
        }

        simulator.Kill();
        relay.Kill();
        return 0;
    }

    public static async Task<int> SimulateAsync(int delay)
    {
        await using var server = await SimulatorServer.StartAsync(new SimulatorOptions { MaxRecorded = 1, FirstTokenDelay = TimeSpan.FromMilliseconds(delay) });
        Console.WriteLine(server.BaseAddress);
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    public static async Task<int> RelayAsync(string address)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-wire-");
        await using var relay = new Relay(new WireOptions(), new RelaySetup { ApiKey = "k", BaseUrl = address, SocketPath = Path.Combine(folder.FullName, "wire.sock") });
        await relay.StartAsync();
        await relay.ProbeAsync();
        using var process = relay.Open();
        using var own = new OwnTime();
        Console.WriteLine(process.Environment["ANTHROPIC_UNIX_SOCKET"]);
        Console.WriteLine(process.Environment["ANTHROPIC_API_KEY"]);
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(own.Take());
        }

        return 0;
    }

    private static async Task<IEnumerable<double>> MeasureAsync(HttpClient http, string key, int atOnce, int calls, int answer)
    {
        var body = Encoding.UTF8.GetBytes(
            $$"""{"model":"m","stream":true,"max_tokens":100,"system":"{{new string('s', 8000)}}","messages":[{"role":"user","content":"[[sim delay={{answer}} words=8]]"}]}""");
        var times = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async caller =>
        {
            // Callers do not march in step.
            await Task.Delay(caller * answer / atOnce);
            var (mine, buffer) = (new List<double>(), new byte[16 * 1024]);
            for (var i = 0; i < calls / atOnce; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new ByteArrayContent(body) };
                request.Headers.Add("x-api-key", key);
                var startedAt = Stopwatch.GetTimestamp();
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                response.EnsureSuccessStatusCode();
                await using var stream = await response.Content.ReadAsStreamAsync();
                await stream.ReadAtLeastAsync(buffer, 1);
                mine.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
                await stream.CopyToAsync(Stream.Null);
            }

            return mine;
        }));
        return times.SelectMany(one => one);
    }

    private static async ValueTask<Stream> ConnectAsync(string socket, CancellationToken cancellationToken)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
        return new NetworkStream(connection, ownsSocket: true);
    }

    private static async Task<string> OwnTimeAsync(Process relay)
    {
        await relay.StandardInput.WriteLineAsync("own time");
        await relay.StandardInput.FlushAsync();
        return (await relay.StandardOutput.ReadLineAsync())!;
    }

    private static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
