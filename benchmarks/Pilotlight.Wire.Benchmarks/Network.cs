using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Wire.Tests;

namespace Pilotlight.Wire.Benchmarks;

/// <summary>What the first turns of a waiting CLI take until their first text, straight and over a relay, by turns.</summary>
internal static class Network
{
    public static async Task<int> RunAsync(int runs, TimeSpan roundTrip)
    {
        await using var far = await SimulatorServer.StartAsync(new SimulatorOptions { Https = true, RoundTrip = roundTrip });
        await using var near = await SimulatorServer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("pilotlight-wire-");
        var bundle = Path.Combine(folder.FullName, "trusted.pem");
        await File.WriteAllTextAsync(bundle, far.CertificatePem);
        await using var farRelay = await StartAsync(far, Path.Combine(folder.FullName, "far.sock"));
        await using var nearRelay = await StartAsync(near, Path.Combine(folder.FullName, "near.sock"));
        var rows = new (string Name, Func<IReadOnlyDictionary<string, string>> Environment)[]
        {
            ("far, straight", () => Straight(far, bundle)),
            ("far, relay", () => farRelay.Open().Environment),
            ("near, straight", () => Straight(near, bundle)),
            ("near, relay", () => nearRelay.Open().Environment),
        };
        var times = rows.ToDictionary(row => row.Name, _ => (First: new List<double>(), Second: new List<double>()));
        for (var run = 0; run < runs; run++)
        {
            foreach (var (name, environment) in rows)
            {
                await using var cli = await CliProcess.StartAsync(environment(), CliProcess.Chat, CancellationToken.None);

                // A parked process has waited for a while.
                await Task.Delay(TimeSpan.FromSeconds(1));
                times[name].First.Add(await TurnAsync(cli));
                times[name].Second.Add(await TurnAsync(cli));
            }
        }

        Console.WriteLine($"round trip {roundTrip.TotalMilliseconds} ms, {runs} runs by turns, medians to the first text in ms: first turn, second turn");
        foreach (var (name, (first, second)) in times)
        {
            Console.WriteLine($"{name,-15} {Quantiles.Of(first, 0.5),6:0} {Quantiles.Of(second, 0.5),6:0}");
        }

        Console.WriteLine($"first turn far away, relay to straight: {Quantiles.Of(times["far, relay"].First, 0.5) / Quantiles.Of(times["far, straight"].First, 0.5):0.00}");
        folder.Delete(recursive: true);
        return 0;
    }

    private static async Task<double> TurnAsync(CliProcess cli)
    {
        var startedAt = Stopwatch.GetTimestamp();
        await cli.SayAsync("hello");
        while (!IsText((await cli.UntilAsync("stream_event", CancellationToken.None))[^1]))
        {
            // The stream's other events.
        }

        var elapsed = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
        await cli.UntilAsync("result", CancellationToken.None);
        return elapsed;
    }

    private static bool IsText(JsonElement line) =>
        line.GetProperty("event").TryGetProperty("delta", out var delta) && delta.TryGetProperty("text", out _);

    private static Dictionary<string, string> Straight(SimulatorServer server, string bundle) => new()
    {
        ["ANTHROPIC_API_KEY"] = "sk-ant-not-real",
        ["ANTHROPIC_BASE_URL"] = server.BaseAddress.ToString().TrimEnd('/'),
        ["NODE_EXTRA_CA_CERTS"] = bundle,
        ["SSL_CERT_FILE"] = bundle,
    };

    private static async Task<Relay> StartAsync(SimulatorServer server, string socket)
    {
        var relay = new Relay(new WireOptions(), new RelaySetup
        {
            ApiKey = "sk-ant-not-real",
            BaseUrl = server.BaseAddress.ToString(),
            SocketPath = socket,
            ConfigureNetwork = network => network.SslOptions.CertificateChainPolicy = server.CertificatePem is { } pem ? Trust(pem) : null,
        });
        await relay.StartAsync();
        await relay.ProbeAsync();
        return relay;
    }

    private static X509ChainPolicy Trust(string pem) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { X509Certificate2.CreateFromPem(pem) },
        RevocationMode = X509RevocationMode.NoCheck,
    };
}
