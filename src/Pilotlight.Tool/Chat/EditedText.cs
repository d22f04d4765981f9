using System.Text;
using Spectre.Console;

namespace Pilotlight.Tool.Chat;

/// <summary>The text under the cursor, drawn anew after each change; it may have several lines, and a line several rows.</summary>
internal sealed class EditedText(string prompt, string shownPrompt)
{
    private readonly StringBuilder _text = new();
    private int _cursor;
    private int _row;

    public string Text => _text.ToString();

    /// <summary>Whether the cursor is in the first line, where going up leaves the text.</summary>
    public bool IsInFirstLine => !_text.ToString(0, _cursor).Contains('\n', StringComparison.Ordinal);

    /// <summary>Whether the cursor is in the last line, where going down leaves the text.</summary>
    public bool IsInLastLine => !_text.ToString(_cursor, _text.Length - _cursor).Contains('\n', StringComparison.Ordinal);

    private static int Width => Math.Max(1, Console.WindowWidth);

    public void Insert(char character)
    {
        _text.Insert(_cursor++, character);
        Draw();
    }

    public void Delete(int direction)
    {
        var at = direction < 0 ? _cursor - 1 : _cursor;
        if (at >= 0 && at < _text.Length)
        {
            _text.Remove(at, 1);
            _cursor = at;
            Draw();
        }
    }

    /// <summary>Takes the last word before the cursor away.</summary>
    public void DeleteWord()
    {
        var at = _cursor;
        while (at > 0 && char.IsWhiteSpace(_text[at - 1]))
        {
            at--;
        }

        while (at > 0 && !char.IsWhiteSpace(_text[at - 1]))
        {
            at--;
        }

        _text.Remove(at, _cursor - at);
        _cursor = at;
        Draw();
    }

    public void Move(int by)
    {
        _cursor = (int)Math.Clamp((long)_cursor + by, 0, _text.Length);
        Draw();
    }

    /// <summary>Moves to the line above or below, to the same column where it has one.</summary>
    public void MoveLine(int by)
    {
        var text = Text;
        var start = text.LastIndexOf('\n', Math.Max(0, _cursor - 1), _cursor) + 1;
        var column = _cursor - start;
        if (by < 0)
        {
            var above = start < 2 ? 0 : text.LastIndexOf('\n', start - 2) + 1;
            _cursor = Math.Min(above + column, start - 1);
        }
        else
        {
            var below = text.IndexOf('\n', _cursor) + 1;
            var end = text.IndexOf('\n', below);
            _cursor = Math.Min(below + column, end < 0 ? text.Length : end);
        }

        Draw();
    }

    public void Replace(string text)
    {
        _text.Clear().Append(text);
        _cursor = text.Length;
        Draw();
    }

    public void Leave()
    {
        _cursor = _text.Length;
        Draw();
        Console.WriteLine();
    }

    public void Draw()
    {
        var drawn = new StringBuilder("\r");
        if (_row > 0)
        {
            drawn.Append($"\e[{_row}A");
        }

        var more = new string(' ', prompt.GetCellWidth());
        drawn.Append("\e[J").Append(shownPrompt).Append(Text.Replace("\n", "\r\n" + more, StringComparison.Ordinal));
        var (endRow, endColumn) = Place(Text);
        if (endColumn == 0 && endRow > 0 && !Text.EndsWith('\n'))
        {
            drawn.Append(" \r"); // A terminal wraps only when the next character comes.
        }

        (_row, var column) = Place(_text.ToString(0, _cursor));
        if (endRow > _row)
        {
            drawn.Append($"\e[{endRow - _row}A");
        }

        drawn.Append('\r');
        if (column > 0)
        {
            drawn.Append($"\e[{column}C");
        }

        Console.Write(drawn);
    }

    // Row and column of the place after a text, counted from the prompt.
    private (int Row, int Column) Place(string text)
    {
        var indent = prompt.GetCellWidth();
        var lines = text.Split('\n');
        var row = lines.SkipLast(1).Sum(line => Rows(indent + line.GetCellWidth()));
        var end = indent + lines[^1].GetCellWidth();
        return (row + (end / Width), end % Width);
    }

    // A line that fills its last row exactly does not begin another.
    private static int Rows(int cells) => Math.Max(1, (cells + Width - 1) / Width);
}
