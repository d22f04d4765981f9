using System.CommandLine;
using System.Text.Json;
using Pilotlight.Client;
using Pilotlight.Client.Pool;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight ps</c>: the pool, live.</summary>
internal static class PoolCommand
{
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(1);

    private static readonly Option<bool> Once = new("--once") { Description = "Shows it once and ends." };

    public static Command Create() => new Command("ps", "The gateway's processes, live; Ctrl+C ends.") { Once, CommonOptions.Json }.WithGateway(RunAsync);

    private static async Task RunAsync(ParseResult parsed, PilotlightClient client, CancellationToken cancellationToken)
    {
        var pool = await client.GetPoolAsync(cancellationToken);
        if (parsed.GetValue(CommonOptions.Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(pool, JsonSerializerOptions.Web));
        }
        else if (Console.IsOutputRedirected)
        {
            foreach (var row in pool.Profiles)
            {
                Console.WriteLine(string.Join('\t', Cells(row)));
            }
        }
        else if (parsed.GetValue(Once))
        {
            AnsiConsole.Write(Table(pool));
        }
        else
        {
            await AnsiConsole.Live(Table(pool)).StartAsync(async live =>
            {
                while (true)
                {
                    live.UpdateTarget(Table(await client.GetPoolAsync(cancellationToken)));
                    await Task.Delay(s_pace, cancellationToken);
                }
            });
        }
    }

    private static Table Table(PoolState pool)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("profile", "state", "parked", "starting", "leased", "hot", "target", "warm hits", "cold starts");
        foreach (var column in table.Columns.Skip(2))
        {
            column.RightAligned();
        }

        foreach (var row in pool.Profiles)
        {
            string[] cells = [.. Cells(row).Select(Markup.Escape)];
            cells[1] = row.State == "ready" ? $"[green]{cells[1]}[/]" : $"[yellow]{cells[1]}[/]";
            table.AddRow(cells);
            if (row.LastFailure is { } failure)
            {
                table.AddRow("", $"[red]{Markup.Escape(failure)}[/]");
            }
        }

        var all = pool.Profiles.Sum(row => row.Parked + row.Starting + row.Leased);
        return table.Caption($"{all} of at most {pool.MaxProcesses} processes");
    }

    private static string[] Cells(PoolProfile row) =>
        [row.Name, row.State, $"{row.Parked}", $"{row.Starting}", $"{row.Leased}", $"{row.Hot}", $"{row.Target}", $"{row.WarmHits}", $"{row.ColdStarts}"];
}
