using System.Text.RegularExpressions;
using Markdig.Renderers;

namespace Pilotlight.WebConsole.Answers;

/// <summary>Colours code roughly: comments, strings, numbers and the keywords that most languages share.</summary>
internal static partial class CodeColors
{
    private const int MaxLength = 20_000;

    public static void Write(HtmlRenderer renderer, string code, string language)
    {
        if (language is "text" or "txt" or "plain" or "markdown" or "md" || code.Length > MaxLength)
        {
            renderer.WriteEscape(code);
            return;
        }

        var at = 0;
        foreach (var match in Tokens(language).EnumerateMatches(code))
        {
            renderer.WriteEscape(code, at, match.Index - at);
            var token = code.AsSpan(match.Index, match.Length);
            renderer.Write("<span class=\"").Write(Kind(token)).Write("\">");
            renderer.WriteEscape(token);
            renderer.Write("</span>");
            at = match.Index + match.Length;
        }

        renderer.WriteEscape(code, at, code.Length - at);
    }

    private static string Kind(ReadOnlySpan<char> token) => token[0] switch
    {
        '"' or '\'' or '`' => "tok-s",
        '#' or '/' or '-' => "tok-c",
        >= '0' and <= '9' => "tok-n",
        _ => "tok-k",
    };

    private static Regex Tokens(string language) => language.ToLowerInvariant() switch
    {
        "python" or "py" or "bash" or "sh" or "shell" or "yaml" or "yml" or "toml" or "ruby" or "dockerfile" or "ini" => HashComments(),
        "sql" or "lua" or "haskell" => DashComments(),
        _ => SlashComments(),
    };

    // Every alternative is linear, and the engine is the one that cannot backtrack: code of any shape takes its length in time.
    private const string Strings = "\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`";
    private const string Numbers = "\\b[0-9][0-9a-fA-Fx_.]*\\b";
    private const string Words =
        "\\b(?:abstract|and|as|assert|async|await|base|bool|break|byte|case|catch|char|class|const|continue|decimal|def|default|defer|del|do|"
        + "done|double|elif|else|enum|esac|except|export|extends|extern|false|fi|final|finally|float|fn|for|foreach|from|func|function|get|global|go|"
        + "if|impl|implements|import|in|init|int|interface|internal|is|lambda|let|lock|long|loop|match|mod|module|mut|namespace|new|nil|None|not|"
        + "null|object|or|out|override|package|params|pass|private|protected|public|raise|readonly|record|ref|return|sealed|select|self|set|"
        + "short|sizeof|static|string|struct|super|switch|task|then|this|throw|throws|trait|true|True|False|try|type|typeof|uint|ulong|unsafe|use|"
        + "using|val|var|virtual|void|volatile|when|where|while|with|yield|SELECT|FROM|WHERE|JOIN|ON|GROUP|ORDER|BY|INSERT|INTO|VALUES|UPDATE|SET|"
        + "DELETE|CREATE|TABLE|INDEX|AND|OR|NOT|NULL|AS|LIMIT|HAVING|UNION|ALL|DISTINCT)\\b";

    [GeneratedRegex("//[^\\n]*|/\\*[^*]*\\*+(?:[^/*][^*]*\\*+)*/|" + Strings + "|" + Numbers + "|" + Words, RegexOptions.NonBacktracking)]
    private static partial Regex SlashComments();

    [GeneratedRegex("#[^\\n]*|" + Strings + "|" + Numbers + "|" + Words, RegexOptions.NonBacktracking)]
    private static partial Regex HashComments();

    [GeneratedRegex("--[^\\n]*|" + Strings + "|" + Numbers + "|" + Words, RegexOptions.NonBacktracking)]
    private static partial Regex DashComments();
}
