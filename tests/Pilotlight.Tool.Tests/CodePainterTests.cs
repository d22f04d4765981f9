using System.Text.RegularExpressions;
using Pilotlight.Tool.Chat;

namespace Pilotlight.Tool.Tests;

public sealed partial class CodePainterTests
{
    private const string Answer = "Take this:\n```csharp\nvar x = 42; // the answer\nreturn \"if\";\n```\nAnd `inline` stays; 1 too.\n  ``not a fence\n";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Colours_change_no_word_however_the_text_is_cut(int size)
    {
        var painter = new CodePainter();

        var shown = string.Concat(Answer.Chunk(size).Select(part => painter.Add(new string(part)))) + painter.Finish();

        Assert.Equal(Answer, Colour().Replace(shown, ""));
        Assert.Contains("\e[35mvar\e[0m x = \e[36m42\e[0m; \e[90m// the answer\e[0m", shown, StringComparison.Ordinal);
        Assert.Contains("\e[32m\"if\"\e[0m", shown, StringComparison.Ordinal);
        Assert.Contains("And `inline` stays; 1 too.", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Prose_is_shown_as_it_comes()
    {
        var painter = new CodePainter();

        Assert.Equal(["H", "i"], [painter.Add("H"), painter.Add("i")]);
    }

    [Fact]
    public void An_answer_that_ends_within_code_is_shown_whole()
    {
        var painter = new CodePainter();

        var shown = painter.Add("```\nlast line") + painter.Finish();

        Assert.Equal("```\nlast line", Colour().Replace(shown, ""));
    }

    [Fact]
    public void What_a_terminal_would_obey_is_not_passed_on() =>
        Assert.Equal("a[2Jb]0;title c", new CodePainter().Add("a\e[2Jb\e]0;title\a c\r"));

    [GeneratedRegex("\e\\[[0-9]+m")]
    private static partial Regex Colour();
}
