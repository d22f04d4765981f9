using Pilotlight.WebConsole.Answers;

namespace Pilotlight.Console.Tests;

/// <summary>What a model says is only text, whatever it says.</summary>
public sealed class MarkdownTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("<svg onload=alert(1)><style>*{display:none}</style>")]
    [InlineData("<iframe src=//evil.example></iframe><form action=//evil.example><button>")]
    [InlineData("[go](javascript:alert(1)) [go](JaVaScRiPt:alert(1)) [go](data:text/html,hi) [go](vbscript:x)")]
    [InlineData("![see](https://evil.example/pixel.png) ![see](javascript:alert(1))")]
    [InlineData("[a]: javascript:alert(1) \"x\" onclick=alert(1)\n\n[a] <javascript:alert(1)>")]
    [InlineData("```\"><img src=x onerror=alert(1)>\ncode\n```")]
    [InlineData("| <b onclick=alert(1)>x</b> |\n|---|\n| <a href=\"javascript:alert(1)\">x</a> |")]
    [InlineData("<a href='java\tscript:alert(1)'>x</a> <math><mtext><table><mglyph><style><img src=x onerror=alert(1)>")]
    public void Hostile_markup_becomes_harmless(string text)
    {
        var html = string.Concat(Markdown.Render(text).Select(block => block.Html));
        var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(html);

        Assert.NotEmpty(html);
        Assert.Empty(document.QuerySelectorAll("script, img, svg, iframe, form, style, object, embed, link, math, base, meta"));
        foreach (var element in document.Body!.QuerySelectorAll("*"))
        {
            Assert.DoesNotContain(element.Attributes, attribute => attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name is "style" or "src" or "srcdoc");
            Assert.True(element.GetAttribute("href") is not { } link || link.StartsWith("http", StringComparison.Ordinal) || link.StartsWith("mailto:", StringComparison.Ordinal), element.OuterHtml);
        }
    }

    [Fact]
    public void A_code_block_has_its_language_a_copy_button_and_its_text_unchanged()
    {
        const string Code = "if (a < b && c) { return \"<b>\"; } // done & dusted";
        var block = Assert.Single(Markdown.Render($"```csharp\n{Code}\n```"));
        var figure = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(block.Html).QuerySelector("figure")!;

        Assert.Equal("csharp", figure.QuerySelector(".code-name")!.TextContent);
        Assert.Equal("code", figure.QuerySelector("button")!.GetAttribute("data-copy"));
        Assert.Equal(Code, figure.QuerySelector("code")!.TextContent.TrimEnd());
        Assert.Equal("// done & dusted", figure.QuerySelector(".tok-c")!.TextContent);
    }

    [Fact]
    public void Tables_lists_and_links_come_out_as_such()
    {
        var html = string.Concat(Markdown.Render("# Title\n\n- [x] done\n- [ ] not\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nSee https://example.com now.").Select(block => block.Html));

        Assert.Contains("<h1>Title</h1>", html, StringComparison.Ordinal);
        Assert.Contains("<td>2</td>", html, StringComparison.Ordinal);
        Assert.Contains("checked", html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://example.com\" rel=\"noopener noreferrer nofollow\" target=\"_blank\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_growing_answer_keeps_the_blocks_it_has_had()
    {
        var before = Markdown.Render("First.\n\nSecond.\n\nThi");
        var after = Markdown.Render("First.\n\nSecond.\n\nThird.", before);

        Assert.Equal(3, after.Count);
        Assert.Same(before[0], after[0]);
        Assert.Same(before[1], after[1]);
        Assert.Contains("Third.", after[2].Html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[[[[[[[[[", 4000)]
    [InlineData("****a", 4000)]
    [InlineData("> ", 4000)]
    [InlineData("`'\"\\", 4000)]
    [InlineData("a(", 8000)]
    public async Task Text_made_to_be_slow_is_rendered_in_a_bounded_time(string piece, int times)
    {
        var rendering = Task.Run(() => Markdown.Render("```csharp\n" + string.Concat(Enumerable.Repeat(piece, times)) + "\n```\n\n" + string.Concat(Enumerable.Repeat(piece, times))));

        Assert.NotEmpty(await rendering.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }
}
