namespace Pilotlight.WebConsole.Answers;

/// <summary>An answer in the order in which it came: what was said, what was called then, what was said after that. Not safe for concurrent use.</summary>
public sealed class AnswerParts
{
    private readonly List<AnswerPart> _parts = [];
    private int _repeated;

    /// <summary>The first first.</summary>
    public IReadOnlyList<AnswerPart> All => _parts;

    /// <summary>Every tool that was called.</summary>
    public IEnumerable<ToolCallView> Tools => _parts.SelectMany(part => part.Tools);

    /// <summary>The tool that was called last; null for none.</summary>
    public ToolCallView? LastTool => Tools.LastOrDefault();

    /// <summary>More text.</summary>
    public void Say(string text)
    {
        var skipped = Math.Min(_repeated, text.Length);
        _repeated -= skipped;
        if (skipped == text.Length)
        {
            return;
        }

        if (_parts.Count == 0 || _parts[^1].Tools.Count > 0)
        {
            _parts.Add(new AnswerPart());
        }

        _parts[^1].Say(text[skipped..]);
    }

    /// <summary>A tool was called.</summary>
    public void Call(ToolCallView tool)
    {
        if (_parts.Count == 0)
        {
            _parts.Add(new AnswerPart());
        }

        _parts[^1].Tools.Add(tool);
    }

    /// <summary>What was said last is void; what had been said before a tool was called is told once more, and stands already.</summary>
    public void Reset()
    {
        if (_parts is [.., { Tools.Count: 0 }])
        {
            _parts.RemoveAt(_parts.Count - 1);
        }

        _repeated = _parts.Sum(part => part.Text.Length);
    }
}
