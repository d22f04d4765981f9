using Pilotlight.Tool.Bench;

namespace Pilotlight.Load;

/// <summary>A small line chart: a figure over the number of conversations, which doubles from mark to mark.</summary>
internal static class LoadPanel
{
    private const double Width = 440;
    private const double Height = 235;
    private const double Left = 52;
    private const double Top = 34;
    private const double Bottom = Height - 28;

    public static void Draw(Drawing drawing, double x, double y, string title, double[] users, IReadOnlyList<(string Style, string Label, double[] Values)> lines)
    {
        var top = Nice(lines.SelectMany(line => line.Values).Where(double.IsFinite).DefaultIfEmpty(1).Max());
        drawing.Add($"""<g transform="translate({x:0.#} {y:0.#})">""");
        drawing.Text(0, 14, title, "strong");
        foreach (var share in new[] { 0, 0.25, 0.5, 0.75, 1 })
        {
            drawing.Add($"""<line class="grid" x1="{Left}" x2="{Width - 14}" y1="{Y(share * top):0.#}" y2="{Y(share * top):0.#}"/>""");
            drawing.Text(Left - 8, Y(share * top) + 4, FormattableString.Invariant($"{share * top:0.##}"), "small value", "end");
        }

        for (var i = 0; i < users.Length; i++)
        {
            drawing.Text(X(i), Bottom + 18, FormattableString.Invariant($"{users[i]:0}"), "small value", "middle");
        }

        foreach (var (style, label, values) in lines)
        {
            var points = Enumerable.Range(0, values.Length).Where(i => double.IsFinite(values[i])).ToArray();
            drawing.Add($"""<g class="{style}"><path class="curve" d="M{string.Join('L', points.Select(i => FormattableString.Invariant($"{X(i):0.#} {Y(values[i]):0.#}")))}"/>""");
            foreach (var i in points)
            {
                drawing.Add($"""<circle class="ink" cx="{X(i):0.#}" cy="{Y(values[i]):0.#}" r="3.2"/>""");
            }

            drawing.Add($"</g>");
            if (points.Length > 0)
            {
                drawing.Text(X(points[^1]) + 8, Y(values[points[^1]]) + 4, label, "small");
            }
        }

        drawing.Add($"</g>");

        double X(int index) => users.Length < 2 ? (Left + Width) / 2 : Left + 14 + (index * (Width - Left - 84) / (users.Length - 1));

        double Y(double value) => Bottom - (value / top * (Bottom - Top));
    }

    // The next of 1, 2, 2.5, 4, 5, 6, 8 and 10 times a power of ten: a quarter of it is a figure to read.
    private static double Nice(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(value, 1e-3))));
        return new[] { 1, 2, 2.5, 4, 5, 6, 8, 10 }.Select(step => step * power).First(step => step >= value * 0.999);
    }
}
