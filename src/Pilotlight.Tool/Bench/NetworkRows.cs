using System.Globalization;
using Pilotlight.Simulator;

namespace Pilotlight.Tool.Bench;

/// <summary>The same turns with an API that is far away, behind TLS, with the relay and without.</summary>
internal sealed class NetworkRows
{
    private readonly string _cli;
    private readonly TimeSpan _roundTrip;
    private readonly Way[] _ways;

    public NetworkRows(string cli, TimeSpan roundTrip)
    {
        (_cli, _roundTrip) = (cli, roundTrip);
        _ways = [new(this, "relay", []), new(this, "no relay", ["--Pilotlight:Wire:Enabled=false", "--Pilotlight:Claude:PassEnvironment:0=NODE_EXTRA_CA_CERTS"])];
    }

    public IEnumerable<Series> Series => _ways.SelectMany(way => new[] { way.Cold, way.Warm, way.Hot });

    public async Task RunAsync(int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        progress("a far API");
        await using var far = await SimulatorServer.StartAsync(new SimulatorOptions { Https = true, RoundTrip = _roundTrip }, cancellationToken);
        var folder = Directory.CreateTempSubdirectory("pilotlight-bench-");
        var trusted = Path.Combine(folder.FullName, "trusted.pem");
        await File.WriteAllTextAsync(trusted, far.CertificatePem, cancellationToken);
        var environment = new Dictionary<string, string>
        {
            ["ANTHROPIC_API_KEY"] = "simulated",
            ["ANTHROPIC_BASE_URL"] = far.BaseAddress.ToString().TrimEnd('/'),
            ["SSL_CERT_FILE"] = trusted,
            ["NODE_EXTRA_CA_CERTS"] = trusted,
        };
        try
        {
            foreach (var way in _ways)
            {
                await way.StartAsync(folder.FullName, environment, cancellationToken);
            }

            for (var run = 0; run <= runs; run++)
            {
                foreach (var way in _ways)
                {
                    progress($"a far API, {way.Name}, round {run} of {runs}");
                    await way.RunAsync(isCounted: run > 0, cancellationToken);
                }
            }
        }
        finally
        {
            foreach (var way in _ways)
            {
                await way.DisposeAsync();
            }
        }

        folder.Delete(recursive: true);
    }

    private sealed class Way(NetworkRows rows, string name, string[] settings) : IAsyncDisposable
    {
        private ServeProcess? _pooled;
        private ServeProcess? _bare;

        public string Name => name;

        public Series Cold { get; } = Row("cold", WayKind.Cold, rows._roundTrip, name);

        public Series Warm { get; } = Row("warm", WayKind.Warm, rows._roundTrip, name);

        public Series Hot { get; } = Row("hot", WayKind.Hot, rows._roundTrip, name);

        public async Task StartAsync(string folder, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
        {
            _pooled = await ServeProcess.StartAsync(
                Path.Combine(folder, name + "-pooled"), rows._cli, environment, [.. settings, "--Pilotlight:Pool:MinIdle=1", "--Pilotlight:Pool:MaxIdle=1"], cancellationToken);
            _bare = await ServeProcess.StartAsync(
                Path.Combine(folder, name + "-bare"), rows._cli, environment,
                [.. settings, "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0", "--Pilotlight:Sessions:MaxHot=0"], cancellationToken);
        }

        public async Task RunAsync(bool isCounted, CancellationToken cancellationToken)
        {
            await _pooled!.ReadyAsync(cancellationToken);
            await TurnAsync(_bare!, Cold, "cold", null);
            await _pooled.ReadyAsync(cancellationToken);
            var thread = await TurnAsync(_pooled, Warm, "warm", null);
            await _pooled.ReadyAsync(cancellationToken);
            await TurnAsync(_pooled, Hot, "hot", thread);
            await _pooled.Client.DeleteThreadAsync(thread, cancellationToken);

            async Task<string> TurnAsync(ServeProcess server, Series series, string expected, string? of)
            {
                of ??= (await server.Client.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
                var sample = await BenchRig.TurnAsync(server.Client, of, Benchmark.Question, expected, cancellationToken);
                if (isCounted)
                {
                    series.Samples.Add(sample);
                }

                return of;
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in new[] { _pooled, _bare })
            {
                if (server is not null)
                {
                    await server.DisposeAsync();
                }
            }
        }

        private static Series Row(string way, WayKind kind, TimeSpan roundTrip, string name) => new(
            $"{way}, far, {name}", kind, string.Create(CultureInfo.InvariantCulture, $"the API behind TLS and a round trip of {roundTrip.TotalMilliseconds:0} ms; {name}"));
    }
}
