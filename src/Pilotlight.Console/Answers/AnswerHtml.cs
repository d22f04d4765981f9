namespace Pilotlight.WebConsole.Answers;

/// <summary>The HTML of one answer while it grows. Not safe for concurrent use.</summary>
public sealed class AnswerHtml
{
    private string? _text;

    public IReadOnlyList<Block> Blocks { get; private set; } = [];

    public void Update(string text)
    {
        if (!ReferenceEquals(_text, text))
        {
            _text = text;
            Blocks = Markdown.Render(text, Blocks);
        }
    }
}
