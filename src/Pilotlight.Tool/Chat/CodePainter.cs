using System.Text;
using System.Text.RegularExpressions;

namespace Pilotlight.Tool.Chat;

/// <summary>Colours an answer as it streams: fenced code by its words, the rest as it is. One instance an answer.</summary>
/// <remarks>
/// Prose is given on at once. A line that may begin a fence waits for its third character, and a line of code for its end. What a
/// terminal would obey is not given on: an answer is text.
/// </remarks>
internal sealed partial class CodePainter
{
    private const string Fence = "```";
    private const string Reset = "\e[0m";

    private readonly StringBuilder _line = new();
    private bool _isCode;
    private bool _isProse;

    /// <summary>What to write for more of the text.</summary>
    public string Add(string text)
    {
        var written = new StringBuilder();
        foreach (var character in text)
        {
            Add(character, written);
        }

        return written.ToString();
    }

    /// <summary>What is left to write at the end.</summary>
    public string Finish()
    {
        var rest = _line.ToString();
        _line.Clear();
        (_isCode, _isProse) = (false, false);
        return rest.StartsWith(Fence, StringComparison.Ordinal) ? $"\e[90m{rest}{Reset}" : rest;
    }

    private void Add(char character, StringBuilder written)
    {
        if (char.IsControl(character) && character is not ('\n' or '\t'))
        {
            return;
        }

        if (_isProse)
        {
            written.Append(character);
            _isProse = character != '\n';
            return;
        }

        if (character == '\n')
        {
            EndLine(written);
            return;
        }

        _line.Append(character);
        if (!_isCode && !MayBeFence())
        {
            written.Append(_line);
            _line.Clear();
            _isProse = true;
        }
    }

    private void EndLine(StringBuilder written)
    {
        var line = _line.ToString();
        _line.Clear();
        if (line.TrimStart().StartsWith(Fence, StringComparison.Ordinal))
        {
            _isCode = !_isCode;
            written.Append("\e[90m").Append(line).Append(Reset).Append('\n');
            return;
        }

        written.Append(_isCode ? Paint(line) : line).Append('\n');
    }

    private bool MayBeFence()
    {
        var start = _line.ToString().TrimStart();
        return start.Length < Fence.Length ? Fence.StartsWith(start, StringComparison.Ordinal) : start.StartsWith(Fence, StringComparison.Ordinal);
    }

    private static string Paint(string line) => Part().Replace(line, part => part.Groups switch
    {
        var groups when groups["comment"].Success => $"\e[90m{part.Value}{Reset}",
        var groups when groups["text"].Success => $"\e[32m{part.Value}{Reset}",
        var groups when groups["number"].Success => $"\e[36m{part.Value}{Reset}",
        _ => $"\e[35m{part.Value}{Reset}",
    });

    [GeneratedRegex("""
        (?<comment>(?<=^|\s)//.*|(?<=^\s*)\#(?!include|define|if|endif|pragma).*|/\*.*?\*/|<!--.*?-->)
        |(?<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
        |(?<number>\b\d[\d_.]*(?:[eE][+-]?\d+)?\b)
        |\b(?:abstract|and|as|assert|async|await|break|case|catch|class|const|continue|def|default|delete|do|elif|else|enum|except|export|extends|false|final|finally|fn|for|foreach|from|func|function|if|impl|import|in|instanceof|interface|internal|is|lambda|let|match|mod|mut|namespace|new|nil|none|not|null|or|override|package|pass|private|protected|pub|public|raise|readonly|record|return|sealed|self|static|struct|super|switch|then|this|throw|trait|true|try|type|typeof|use|using|var|virtual|void|when|where|while|with|yield|None|True|False)\b
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Part();
}
