namespace Pilotlight.Tool.Chat;

/// <summary>How a line came to its end.</summary>
internal enum LineEnd
{
    Entered,
    Abandoned,
    Closed,
}

/// <summary>Reads what a person types, with its history. Ctrl+C gives it up, Ctrl+D on nothing ends.</summary>
/// <remarks>Alt+Enter, a backslash before Enter, and line breaks in what is pasted begin another line.</remarks>
internal sealed class LineEditor(string prompt, string shownPrompt, LineHistory history)
{
    public (LineEnd End, string Text) Read()
    {
        var text = new EditedText(prompt, shownPrompt);
        var (at, draft) = (history.Count, "");
        text.Draw();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            var control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (key.Key)
            {
                case ConsoleKey.Enter when key.Modifiers.HasFlag(ConsoleModifiers.Alt) || Console.KeyAvailable:
                    text.Insert('\n');
                    break;
                case ConsoleKey.Enter when text.Text.EndsWith('\\'):
                    text.Delete(-1);
                    text.Insert('\n');
                    break;
                case ConsoleKey.Enter:
                    text.Leave();
                    history.Add(text.Text);
                    return (LineEnd.Entered, text.Text);
                case ConsoleKey.C when control:
                    text.Leave();
                    return (LineEnd.Abandoned, text.Text);
                case ConsoleKey.D when control && text.Text.Length == 0:
                    text.Leave();
                    return (LineEnd.Closed, "");
                case ConsoleKey.UpArrow when !text.IsInFirstLine:
                    text.MoveLine(-1);
                    break;
                case ConsoleKey.DownArrow when !text.IsInLastLine:
                    text.MoveLine(1);
                    break;
                case ConsoleKey.UpArrow when at > 0:
                    draft = at == history.Count ? text.Text : draft;
                    text.Replace(history[--at]);
                    break;
                case ConsoleKey.DownArrow when at < history.Count:
                    at++;
                    text.Replace(at == history.Count ? draft : history[at]);
                    break;
                case ConsoleKey.Escape or ConsoleKey.UpArrow or ConsoleKey.DownArrow:
                    break;
                default:
                    Edit(text, key, control);
                    break;
            }
        }
    }

    private static void Edit(EditedText text, ConsoleKeyInfo key, bool control)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                text.Move(-1);
                break;
            case ConsoleKey.RightArrow:
                text.Move(1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                text.Move(int.MinValue);
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                text.Move(int.MaxValue);
                break;
            case ConsoleKey.W when control:
                text.DeleteWord();
                break;
            case ConsoleKey.Backspace:
                text.Delete(-1);
                break;
            case ConsoleKey.Delete:
                text.Delete(1);
                break;
            case ConsoleKey.U when control:
                text.Replace("");
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    text.Insert(key.KeyChar);
                }

                break;
        }
    }
}
