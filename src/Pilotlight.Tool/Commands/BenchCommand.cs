using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pilotlight.Tool.Bench;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight bench</c>: the wait for the first token, each way in one run.</summary>
/// <remarks>Runs against the simulator: what is measured is the way to the model, which costs nothing there.</remarks>
internal static class BenchCommand
{
    private static readonly Option<int> Runs = new("--runs") { Description = "Counted rounds.", DefaultValueFactory = _ => 9 };

    private static readonly Option<string?> Json = new("--json") { Description = "Writes the figures to this file; '-' is stdout, and nothing else." };

    private static readonly JsonSerializerOptions JsonFormat = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("bench", "Cold, warm and hot time to the first token of this machine's CLI, side by side.") { Runs, Json, CommonOptions.Simulate };
        Runs.Validators.Add(result =>
        {
            var runs = result.GetValueOrDefault<int>();
            if (runs is < 1 or > 1000)
            {
                result.AddError($"--runs is {runs}; it must be from 1 to 1000.");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(Runs), parsed.GetValue(Json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int runs, string? json, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-bench-");
        try
        {
            await using var server = await StartAsync("warm", "--Pilotlight:Pool:MaxIdle=2");
            await using var withoutPool = await StartAsync("cold", "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0", "--Pilotlight:Sessions:MaxHot=0");
            if (server.Missing is { } missing)
            {
                Console.Error.WriteLine(missing);
                return 1;
            }

            var benchmark = new Benchmark(server, withoutPool);
            if (json == "-")
            {
                await benchmark.RunAsync(runs, _ => { }, cancellationToken);
            }
            else
            {
                await AnsiConsole.Progress().StartAsync(async progress =>
                {
                    var task = progress.AddTask("Measuring against the simulated model", maxValue: runs + 1);
                    await benchmark.RunAsync(runs, done => task.Value = done + 1, cancellationToken);
                });
                Print(benchmark.Series);
            }

            await WriteAsync(benchmark.Series, json, cancellationToken);
            return 0;
        }
        catch (Exception fault) when (fault is StartException or InvalidOperationException or HttpRequestException)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Task<GatewayServer> StartAsync(string name, params string[] settings) => GatewayServer.StartAsync(
            new ServeSettings("http://127.0.0.1:0", Path.Combine(folder.FullName, name), Simulate: true, settings, IsQuiet: true), cancellationToken);
    }

    private static void Print(IReadOnlyList<Series> series)
    {
        var table = new Table().AddColumns("to the first token", "median ms", "p95 ms", "n", "faster than claude -p");
        foreach (var row in series)
        {
            table.AddRow(
                $"[bold]{row.Name}[/] [grey]{row.Explanation}[/]",
                Number(row.Median),
                Number(row.P95),
                row.FirstTokenMs.Count.ToString(CultureInfo.InvariantCulture),
                Number(series[0].Median / row.Median) + "x");
        }

        AnsiConsole.Write(table);
    }

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static async Task WriteAsync(IReadOnlyList<Series> series, string? json, CancellationToken cancellationToken)
    {
        if (json is null)
        {
            return;
        }

        var document = JsonSerializer.Serialize(
            new
            {
                unit = "ms to the first token",
                model = "simulated",
                processors = Environment.ProcessorCount,
                series = series.Select(row => new
                {
                    row.Name, row.Explanation, row.Median, row.P95, n = row.FirstTokenMs.Count, ratioToCold = series[0].Median / row.Median, row.FirstTokenMs,
                }),
            },
            JsonFormat);
        if (json == "-")
        {
            Console.WriteLine(document);
        }
        else
        {
            await File.WriteAllTextAsync(json, document, cancellationToken);
        }
    }
}
