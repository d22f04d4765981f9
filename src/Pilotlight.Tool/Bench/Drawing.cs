using System.Text;

namespace Pilotlight.Tool.Bench;

/// <summary>Builds an SVG picture whose colours are the reader's: light or dark.</summary>
internal sealed class Drawing(double width, double height)
{
    /// <summary>The classes that the pictures use; colours that can be told apart by all, and on both grounds.</summary>
    public const string Style = """
        .pl{--ground:#fff;--ink:#1f2328;--faint:#656d76;--line:#d8dee4;--cold:#57606a;--stored:#8250df;--warm:#bf6a02;--hot:#cf222e;--floor:#1a7f37;--other:#0969da}
        @media(prefers-color-scheme:dark){.pl{--ground:#0d1117;--ink:#e6edf3;--faint:#8d96a0;--line:#30363d;--cold:#9ea7b3;--stored:#bc8cff;--warm:#f0a33c;--hot:#ff7b72;--floor:#56d364;--other:#6cb6ff}}
        .pl text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
        .pl .small{font-size:11.5px;fill:var(--faint)}.pl .strong{font-weight:600}.pl .value{font-variant-numeric:tabular-nums}
        .pl .grid{stroke:var(--line);stroke-width:1}
        .pl .cold{--c:var(--cold)}.pl .stored{--c:var(--stored)}.pl .warm{--c:var(--warm)}.pl .hot{--c:var(--hot)}.pl .floor{--c:var(--floor)}.pl .other{--c:var(--other)}
        .pl .dot{fill:var(--c);fill-opacity:.55}.pl .box{fill:var(--c);fill-opacity:.16;stroke:var(--c);stroke-opacity:.5}
        .pl .middle{stroke:var(--c);stroke-width:2.5}.pl .whisker{stroke:var(--c);stroke-opacity:.5}.pl .curve{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}
        .pl .ink{fill:var(--c)}
        """;

    private readonly StringBuilder _body = new();

    public double Width => width;

    public double Height => height;

    public void Add(FormattableString element) => _body.AppendLine(FormattableString.Invariant(element));

    public void Text(double x, double y, string text, string style = "", string anchor = "start") =>
        Add($"""<text x="{x:0.#}" y="{y:0.#}" class="{style}" text-anchor="{anchor}">{Escape(text)}</text>""");

    /// <summary>The picture for a page that has the style.</summary>
    public string ToInline(string title) => FormattableString.Invariant(
        $"""<svg class="pl" viewBox="0 0 {width:0} {height:0}" role="img" aria-label="{Escape(title)}" xmlns="http://www.w3.org/2000/svg">{'\n'}{_body}</svg>""");

    /// <summary>The picture as a file of its own.</summary>
    public string ToFile(string title) => FormattableString.Invariant(
        $"""<svg class="pl" viewBox="0 0 {width:0} {height:0}" width="{width:0}" height="{height:0}" role="img" xmlns="http://www.w3.org/2000/svg">{'\n'}<title>{Escape(title)}</title>{'\n'}<style>{Style}</style>{'\n'}<rect width="100%" height="100%" rx="8" fill="var(--ground)"/>{'\n'}{_body}</svg>{'\n'}""");

    public static string Escape(string text) => System.Net.WebUtility.HtmlEncode(text);
}

/// <summary>A logarithmic axis in milliseconds, from left to right.</summary>
internal sealed class LogAxis
{
    // Below it two labels would touch.
    private const double MinGap = 54;

    private static readonly double[] s_steps = [1, 2, 5];

    private readonly double _left;
    private readonly double _right;
    private readonly double _from;
    private readonly double _to;

    public LogAxis(double left, double right, IReadOnlyCollection<double> values)
    {
        (_left, _right) = (left, right);
        _from = Math.Log10(Math.Max(0.1, values.Min() * 0.85));
        _to = Math.Log10(values.Max() * 1.1);
    }

    public double X(double value) => _left + ((Math.Log10(Math.Max(value, 0.05)) - _from) / (_to - _from) * (_right - _left));

    /// <summary>Lines and labels; <paramref name="bottom"/> is where the labels stand.</summary>
    public void Draw(Drawing drawing, double top, double bottom)
    {
        var labelled = double.NegativeInfinity;
        for (var power = (int)Math.Floor(_from); power <= _to; power++)
        {
            foreach (var value in s_steps.Select(step => step * Math.Pow(10, power)).Where(value => Math.Log10(value) >= _from && Math.Log10(value) <= _to))
            {
                var x = X(value);
                drawing.Add($"""<line class="grid" x1="{x:0.#}" y1="{top:0.#}" x2="{x:0.#}" y2="{bottom - 16:0.#}"/>""");
                if (x - labelled < MinGap)
                {
                    continue;
                }

                labelled = x;
                drawing.Text(x, bottom, value >= 1000 ? FormattableString.Invariant($"{value / 1000:0.#} s") : FormattableString.Invariant($"{value:0.#} ms"), "small", "middle");
            }
        }
    }
}
