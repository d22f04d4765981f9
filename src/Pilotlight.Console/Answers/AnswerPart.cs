using System.Text;

namespace Pilotlight.WebConsole.Answers;

/// <summary>A piece of an answer: text, and the tools that were called after it. Not safe for concurrent use.</summary>
public sealed class AnswerPart
{
    private readonly StringBuilder _text = new();
    private string? _whole;

    /// <summary>Text so far.</summary>
    public string Text => _whole ??= _text.ToString();

    /// <summary>The tools, in the order in which they were called.</summary>
    public List<ToolCallView> Tools { get; } = [];

    /// <summary>The text as it is shown.</summary>
    public AnswerHtml Html { get; } = new();

    internal void Say(string text)
    {
        _text.Append(text);
        _whole = null;
    }
}
