using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Pilotlight.Client;
using Pilotlight.Client.Usage;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight usage</c>: tokens and estimated cost by day, key and model.</summary>
internal static class UsageCommand
{
    private const int DefaultDays = 7;

    private static readonly Option<int> Days = new("--days") { Description = "How many days back, today included.", DefaultValueFactory = _ => DefaultDays };

    public static Command Create()
    {
        Days.Validators.Add(result =>
        {
            var days = result.GetValueOrDefault<int>();
            if (days is < 1 or > 3660)
            {
                result.AddError($"--days is {days}; it must be from 1 to 3660.");
            }
        });
        return new Command("usage", "Tokens and estimated cost by day, key and model.") { Days, CommonOptions.Json }.WithGateway(RunAsync);
    }

    private static async Task RunAsync(ParseResult parsed, PilotlightClient client, CancellationToken cancellationToken)
    {
        var from = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(1 - parsed.GetValue(Days));
        var usage = await client.GetUsageAsync(new UsageQuery(From: from), cancellationToken);
        if (parsed.GetValue(CommonOptions.Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(usage, JsonSerializerOptions.Web));
        }
        else if (Console.IsOutputRedirected)
        {
            foreach (var row in usage.Items)
            {
                Console.WriteLine(string.Join('\t', Cells(row)));
            }
        }
        else
        {
            AnsiConsole.Write(Table(usage, from));
        }
    }

    private static Table Table(UsageReport usage, DateOnly from)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("day", "key", "model", "turns", "in", "cached", "out", "~USD");
        foreach (var column in table.Columns.Skip(3))
        {
            column.RightAligned();
        }

        foreach (var row in usage.Items)
        {
            table.AddRow([.. Cells(row).Select(Markup.Escape)]);
        }

        var all = usage.Total;
        return table.Caption(string.Create(
            CultureInfo.InvariantCulture, $"{all.Turns} turns since {from:yyyy-MM-dd}, ~{all.CostUsd:0.0000} USD{(usage.CostIsEstimate ? " by the CLI's own prices" : "")}"));
    }

    private static string[] Cells(UsageRow row) =>
    [
        row.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        row.KeyName ?? row.Key,
        row.Model,
        $"{row.Turns}",
        $"{row.InputTokens + row.CacheWriteTokens}",
        $"{row.CacheReadTokens}",
        $"{row.OutputTokens}",
        row.CostUsd.ToString("0.0000", CultureInfo.InvariantCulture),
    ];
}
