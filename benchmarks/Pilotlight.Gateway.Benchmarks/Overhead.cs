using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Pilotlight.Storage.PostgreSql;
using Pilotlight.Storage.Sqlite;
using Pilotlight.Testing;

namespace Pilotlight.Gateway.Benchmarks;

/// <summary>The time from a request to its first word and to its end, each way in turn, so that drift hits all alike.</summary>
internal static class Overhead
{
    private const int Practice = 2000;
    private const int TurnsOfAThread = 50;

    public static async Task RunAsync(int runs)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-overhead-");
        await using var cluster = await PostgreSqlCluster.StartAsync(CancellationToken.None, flushes: true);
        var postgres = await cluster.CreateDatabaseAsync(CancellationToken.None);
        await using var echo = await Host.EchoAsync();
        await using var sqlite = await Host.GatewayAsync(services => services.AddPilotlightSqlite(Path.Combine(folder.FullName, "overhead.db")));
        await using var shared = await Host.GatewayAsync(services => services.AddPilotlightPostgreSql(postgres));
        using var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = Timeout.InfiniteTimeSpan });
        Way[] ways = [new("plain Kestrel stream", Host.Address(echo), null), new("gateway, SQLite", Host.Address(sqlite), ""), new("gateway, PostgreSQL", Host.Address(shared), "")];
        for (var run = -Practice; run < runs; run++)
        {
            foreach (var way in ways)
            {
                await way.RunAsync(http, run, isCounted: run >= 0);
            }
        }

        Report(ways, runs);
        await Task.WhenAll(ways.Zip<Way, WebApplication>([echo, sqlite, shared]).Select(pair => pair.Second.StopAsync()));
        folder.Delete(recursive: true);
    }

    private static void Report(Way[] ways, int runs)
    {
        Console.WriteLine($"{runs} turns each way, in turn; milliseconds\n");
        Console.WriteLine("| | first word p50 | p99 | over the plain stream p50 | ratio | said by the header p50 | p99 | whole turn p50 |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        var plain = Quantile(ways[0].First, 0.5);
        foreach (var way in ways)
        {
            var first = Quantile(way.First, 0.5);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {way.Name} | {first:0.00} | {Quantile(way.First, 0.99):0.00} | {first - plain:0.00} | {first / plain:0.0}x | {Said(way, 0.5)} | {Said(way, 0.99)} | {Quantile(way.Whole, 0.5):0.00} |"));
        }
    }

    private static string Said(Way way, double share) => way.Header.Count == 0 ? "–" : Quantile(way.Header, share).ToString("0.00", CultureInfo.InvariantCulture);

    private static double Quantile(List<double> values, double share) => values.Order().ElementAt(Math.Min(values.Count - 1, (int)(values.Count * share)));

    private sealed class Way(string name, Uri address, string? thread)
    {
        private static readonly byte[] s_word = Encoding.UTF8.GetBytes("event: text.delta");
        private readonly byte[] _buffer = new byte[16 * 1024];
        private string? _thread = thread;

        public string Name => name;

        public List<double> First { get; } = [];

        public List<double> Whole { get; } = [];

        public List<double> Header { get; } = [];

        public async Task RunAsync(HttpClient http, int run, bool isCounted)
        {
            if (_thread is not null && run % TurnsOfAThread == 0)
            {
                using var created = await http.PostAsJsonAsync(new Uri(address, "/api/threads"), new { });
                _thread = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            }

            var path = _thread is null ? "/echo" : $"/api/threads/{_thread}/turns";
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
            {
                Content = new StringContent("""{"text":"say something short"}""", Encoding.UTF8, "application/json"),
            };
            var startedAt = Stopwatch.GetTimestamp();
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync();
            double? first = null;
            var filled = 0;
            for (int read; (read = await body.ReadAsync(_buffer.AsMemory(filled))) > 0; filled += read)
            {
                if (first is null && _buffer.AsSpan(0, filled + read).IndexOf(s_word) >= 0)
                {
                    first = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
                }
            }

            if (!isCounted)
            {
                return;
            }

            First.Add(first ?? throw new InvalidOperationException($"{name} said nothing: {Encoding.UTF8.GetString(_buffer, 0, filled)}"));
            Whole.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
            if (response.Headers.TryGetValues("x-pilotlight-overhead-ms", out var said))
            {
                Header.Add(double.Parse(said.Single(), CultureInfo.InvariantCulture));
            }
        }
    }
}
