using System.Globalization;
using System.Text;

namespace Pilotlight.Tool.Bench;

/// <summary>The report as one page that needs nothing else: no script, no font, no network.</summary>
internal static class HtmlReport
{
    private const string PageStyle = """
        :root{color-scheme:light dark;--page:#f6f8fa;--card:#fff;--text:#1f2328;--soft:#59636e;--rule:#d8dee4;--flame:#cf222e}
        @media(prefers-color-scheme:dark){:root{--page:#010409;--card:#0d1117;--text:#e6edf3;--soft:#9198a1;--rule:#30363d;--flame:#ff7b72}}
        *{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{max-width:1060px;margin:0 auto;padding:40px 20px 64px}h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.02em}h2{font-size:19px;margin:0 0 4px}
        p{margin:0 0 12px}.soft{color:var(--soft)}.note{font-size:14px;color:var(--soft);margin:0 0 14px}section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:22px 24px;margin-top:20px}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:14px;margin-top:24px}.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:16px 18px}
        .card b{display:block;font-size:28px;line-height:1.25;letter-spacing:-.02em;font-variant-numeric:tabular-nums}.card.lead b{color:var(--flame)}.card span{font-size:14px;color:var(--soft)}
        svg{display:block;width:100%;height:auto}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14.5px}th,td{padding:8px 10px;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        th{font-weight:600;color:var(--soft)}th:first-child,td:first-child{text-align:left;padding-left:0}td:last-child,th:last-child{text-align:left;white-space:normal;color:var(--soft);min-width:220px}tr:last-child td{border-bottom:0}
        li{margin-bottom:4px}ul{margin:0;padding-left:20px}code{font:13.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        """;

    public static string Write(BenchReport report)
    {
        var rows = report.Series.Select(series => new PlotRow(series.Name, Style(series.Kind), [.. series.FirstTokens])).ToArray();
        var hot = report.Series.First(series => series.Kind == WayKind.Hot);
        var warm = report.Series.First(series => series.Name == Benchmark.WarmName);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <title>Pilotlight bench: {BenchReport.Number(report.Ratio(hot))}x sooner</title>
            <style>{PageStyle}
            {Drawing.Style}</style></head><body><main>
            <h1>The wait for the first token, on this machine</h1>
            <p class="soft">{Drawing.Escape(Subtitle(report))}</p>
            <div class="cards">
            {Card("lead", BenchReport.Number(hot.Median) + " ms", $"hot: the next turn of a conversation, {BenchReport.Number(report.Ratio(hot))}x sooner than claude -p")}
            {Card("", BenchReport.Number(warm.Median) + " ms", $"warm: a new conversation on a parked process, {BenchReport.Number(report.Ratio(warm))}x sooner")}
            {Card("", BenchReport.Number(report.Baseline.Median) + " ms", "claude -p: a process for every message")}
            {(report.Process.ParkedMiB.Count > 0 ? Card("", BenchReport.Number(Quantiles.Median(report.Process.ParkedMiB)) + " MiB", "memory of a parked process (PSS)") : "")}
            </div>
            <section><h2>Time to the first token</h2><p class="note">Each dot is a run; the box is the middle half, the line the median. The axis is logarithmic.</p>
            <div class="scroll">{Plots.Strips(rows).ToInline("Time to the first token, by way")}</div></section>
            <section><h2>In figures</h2><p class="note">Milliseconds from asking to the first text, and to the end of the answer.</p><div class="scroll"><table>
            <thead><tr><th>way</th><th>silent before</th><th>first token, median</th><th>p95</th><th>end, median</th><th>p95</th><th>sooner</th><th>n</th><th></th></tr></thead><tbody>

            """);
        foreach (var row in report.Series)
        {
            page.AppendLine(
                CultureInfo.InvariantCulture,
                $"<tr><td><b>{Drawing.Escape(row.Name)}</b></td><td>{row.Idle}</td><td>{BenchReport.Number(row.Median)}</td><td>{BenchReport.Number(Quantiles.P95(row.FirstTokens))}</td><td>{BenchReport.Number(Quantiles.Median(row.Ends))}</td><td>{BenchReport.Number(Quantiles.P95(row.Ends))}</td><td>{BenchReport.Number(report.Ratio(row))}x</td><td>{row.Samples.Count}</td><td>{Drawing.Escape(row.Explanation)}</td></tr>");
        }

        page.Append(CultureInfo.InvariantCulture, $"""
            </tbody></table></div></section>
            <section><h2>How sure is it?</h2><p class="note">The share of runs whose first token had come by then.</p>
            <div class="scroll">{Plots.Shares(rows).ToInline("Share of runs by time to the first token")}</div></section>
            <section><h2>The machine and the method</h2><ul>

            """);
        foreach (var fact in report.Facts())
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"<li>{Drawing.Escape(fact)}</li>");
        }

        page.Append(CultureInfo.InvariantCulture, $"""
            <li>All but <code>claude -p</code> and plain HTTP go through the gateway over HTTP, and are stored before they are sent. A first round, uncounted, warms caches of all kinds.</li>
            <li>Again: <code>pilotlight bench --runs {report.Runs} --html report.html</code></li>
            </ul></section></main></body></html>

            """);
        return page.ToString();
    }

    /// <summary>The first picture by itself.</summary>
    public static string Picture(BenchReport report) =>
        Plots.Strips([.. report.Series.Select(series => new PlotRow(series.Name, Style(series.Kind), [.. series.FirstTokens]))]).ToFile("Time to the first token");

    private static string Style(WayKind kind) => kind.ToString().ToLowerInvariant();

    private static string Subtitle(BenchReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Machine.Processors} processors, {report.Machine.MemoryGiB:0} GiB, {report.Machine.System} · Claude Code CLI {report.Machine.Cli} · {(report.IsSimulated ? "simulated model" : "real model")} · {report.Runs} rounds · {report.At:yyyy-MM-dd}");

    private static string Card(string style, string figure, string text) =>
        $"""<div class="card {style}"><b>{figure}</b><span>{Drawing.Escape(text)}</span></div>""";
}
