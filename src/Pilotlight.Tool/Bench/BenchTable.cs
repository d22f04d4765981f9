using System.Globalization;
using Spectre.Console;

namespace Pilotlight.Tool.Bench;

/// <summary>The figures for a terminal.</summary>
internal static class BenchTable
{
    public static void Print(BenchReport report)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("to the first text", "median", "p95", "to the end", "sooner", "n");
        foreach (var column in table.Columns.Skip(1))
        {
            column.RightAligned();
        }

        foreach (var row in report.Series)
        {
            table.AddRow(
                $"[bold]{Markup.Escape(row.Name)}[/] [grey]{Markup.Escape(row.Explanation)}[/]",
                $"[bold]{BenchReport.Number(row.Median)}[/] ms",
                BenchReport.Number(Quantiles.P95(row.FirstTokens)),
                BenchReport.Number(Quantiles.Median(row.Ends)),
                BenchReport.Number(report.Ratio(row)) + "x",
                row.Samples.Count.ToString(CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
        foreach (var fact in report.Facts())
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{fact}[/]");
        }
    }
}
