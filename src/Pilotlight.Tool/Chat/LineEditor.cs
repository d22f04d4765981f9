using System.Text;
using Spectre.Console;

namespace Pilotlight.Tool.Chat;

/// <summary>How a line came to its end.</summary>
internal enum LineEnd
{
    Entered,
    Abandoned,
    Closed,
}

/// <summary>Reads a line from the terminal, with its history. Ctrl+C gives the line up, Ctrl+D on an empty one ends.</summary>
internal sealed class LineEditor(string prompt, string shownPrompt)
{
    private readonly List<string> _history = [];

    public (LineEnd End, string Text) Read()
    {
        var line = new EditedLine(prompt, shownPrompt);
        var (at, draft) = (_history.Count, "");
        line.Draw();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            var control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    line.Leave();
                    if (line.Text.Trim().Length > 0 && _history.LastOrDefault() != line.Text)
                    {
                        _history.Add(line.Text);
                    }

                    return (LineEnd.Entered, line.Text);
                case ConsoleKey.C when control:
                    line.Leave();
                    return (LineEnd.Abandoned, line.Text);
                case ConsoleKey.D when control && line.Text.Length == 0:
                    line.Leave();
                    return (LineEnd.Closed, "");
                case ConsoleKey.UpArrow when at > 0:
                    draft = at == _history.Count ? line.Text : draft;
                    line.Replace(_history[--at]);
                    break;
                case ConsoleKey.DownArrow when at < _history.Count:
                    at++;
                    line.Replace(at == _history.Count ? draft : _history[at]);
                    break;
                case ConsoleKey.LeftArrow:
                    line.Move(-1);
                    break;
                case ConsoleKey.RightArrow:
                    line.Move(1);
                    break;
                case ConsoleKey.Home:
                case ConsoleKey.A when control:
                    line.Move(int.MinValue);
                    break;
                case ConsoleKey.End:
                case ConsoleKey.E when control:
                    line.Move(int.MaxValue);
                    break;
                case ConsoleKey.Backspace:
                    line.Delete(-1);
                    break;
                case ConsoleKey.Delete:
                    line.Delete(1);
                    break;
                case ConsoleKey.U when control:
                    line.Replace("");
                    break;
                case ConsoleKey.Escape:
                    break;
                default:
                    if (!char.IsControl(key.KeyChar))
                    {
                        line.Insert(key.KeyChar);
                    }

                    break;
            }
        }
    }

    /// <summary>The line under the cursor, drawn anew after each change; it may take several rows.</summary>
    private sealed class EditedLine(string prompt, string shownPrompt)
    {
        private readonly StringBuilder _text = new();
        private int _cursor;
        private int _row;

        public string Text => _text.ToString();

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

        public void Move(int by)
        {
            _cursor = (int)Math.Clamp((long)_cursor + by, 0, _text.Length);
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

            drawn.Append("\e[J").Append(shownPrompt).Append(_text);
            var end = (prompt + _text).GetCellWidth();
            var cursor = (prompt + _text.ToString(0, _cursor)).GetCellWidth();
            if (end > 0 && end % Width == 0)
            {
                drawn.Append(" \r"); // A terminal wraps only when the next character comes.
            }

            _row = cursor / Width;
            if (end / Width > _row)
            {
                drawn.Append($"\e[{(end / Width) - _row}A");
            }

            drawn.Append('\r');
            if (cursor % Width > 0)
            {
                drawn.Append($"\e[{cursor % Width}C");
            }

            Console.Write(drawn);
        }
    }
}
