namespace Pilotlight.Tool.Bench;

/// <summary>One row of a plot.</summary>
/// <param name="Style">Its colour: <c>cold</c>, <c>stored</c>, <c>warm</c>, <c>hot</c>, <c>floor</c> or <c>other</c>.</param>
internal sealed record PlotRow(string Name, string Style, IReadOnlyList<double> Values);

/// <summary>The pictures of distributions in milliseconds.</summary>
internal static class Plots
{
    private const double Width = 960;

    /// <summary>Every value as a dot, the middle half as a box, the median as a line and in figures; logarithmic.</summary>
    public static Drawing Strips(IReadOnlyList<PlotRow> rows)
    {
        const double RowHeight = 40;
        const double Left = 190;
        const double Top = 10;
        var drawing = new Drawing(Width, (rows.Count * RowHeight) + 44);
        var bottom = (rows.Count * RowHeight) + Top;
        var axis = new LogAxis(Left, Width - 110, [.. rows.SelectMany(row => row.Values)]);
        axis.Draw(drawing, Top, bottom + 22);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var y = Top + (i * RowHeight) + (RowHeight / 2);
            var (low, middle, high) = (axis.X(Quantiles.Of(row.Values, 0.25)), axis.X(Quantiles.Median(row.Values)), axis.X(Quantiles.Of(row.Values, 0.75)));
            drawing.Text(Left - 14, y + 4.5, row.Name, "strong", "end");
            drawing.Add($"""<g class="{row.Style}">""");
            drawing.Add($"""<line class="whisker" x1="{axis.X(row.Values.Min()):0.#}" x2="{axis.X(row.Values.Max()):0.#}" y1="{y:0.#}" y2="{y:0.#}"/>""");
            drawing.Add($"""<rect class="box" x="{low - 2:0.#}" y="{y - 12:0.#}" width="{high - low + 4:0.#}" height="24" rx="4"/>""");
            for (var n = 0; n < row.Values.Count; n++)
            {
                // Spread by the golden ratio: without chance, and neighbours never on one line.
                var off = (((n * 0.618) % 1) - 0.5) * 17;
                drawing.Add($"""<circle class="dot" cx="{axis.X(row.Values[n]):0.#}" cy="{y + off:0.#}" r="3"/>""");
            }

            drawing.Add($"""<line class="middle" x1="{middle:0.#}" x2="{middle:0.#}" y1="{y - 13:0.#}" y2="{y + 13:0.#}"/>""");
            drawing.Add($"</g>");
            drawing.Text(Width - 14, y + 4.5, BenchReport.Number(Quantiles.Median(row.Values)) + " ms", "strong value", "end");
        }

        return drawing;
    }

    /// <summary>The share of runs that were not slower than a time; logarithmic.</summary>
    public static Drawing Shares(IReadOnlyList<PlotRow> rows)
    {
        const double Height = 340;
        const double CharacterWidth = 6.4;
        const double Left = 60;
        const double Top = 34;
        const double Bottom = Height - 40;
        var drawing = new Drawing(Width, Height);
        var axis = new LogAxis(Left, Width - 24, [.. rows.SelectMany(row => row.Values)]);
        axis.Draw(drawing, Top, Bottom + 22);
        foreach (var share in new[] { 0, 0.25, 0.5, 0.75, 0.95, 1 })
        {
            drawing.Add($"""<line class="grid" x1="{Left}" x2="{Width - 24}" y1="{Y(share):0.#}" y2="{Y(share):0.#}"/>""");
            drawing.Text(Left - 10, Y(share) + 4, FormattableString.Invariant($"{share * 100:0} %"), "small", "end");
        }

        var x = Left;
        for (var i = 0; i < rows.Count; i++)
        {
            var sorted = rows[i].Values.Order().ToArray();
            var path = FormattableString.Invariant($"M{axis.X(sorted[0]):0.#} {Y(0):0.#}");
            for (var n = 0; n < sorted.Length; n++)
            {
                path += FormattableString.Invariant($"H{axis.X(sorted[n]):0.#}V{Y((n + 1.0) / sorted.Length):0.#}");
            }

            // Of two curves of one colour the second is dashed; the names stand above, in their order.
            var dash = rows.Take(i).Any(row => row.Style == rows[i].Style) ? "stroke-dasharray=\"5 4\"" : "";
            drawing.Add($"""<g class="{rows[i].Style}"><path class="curve" {dash} d="{path}"/><path class="curve" {dash} d="M{x:0.#} 12h22"/></g>""");
            drawing.Text(x + 28, 16, rows[i].Name, "small");
            x += 50 + (rows[i].Name.Length * CharacterWidth);
        }

        return drawing;

        static double Y(double share) => Bottom - (share * (Bottom - Top));
    }
}
