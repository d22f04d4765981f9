using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;

namespace Pilotlight.WebConsole.Answers;

/// <summary>A block of code with its language and a button that copies it.</summary>
internal sealed class CodeRenderer : HtmlObjectRenderer<CodeBlock>
{
    protected override void Write(HtmlRenderer renderer, CodeBlock block)
    {
        var language = (block as FencedCodeBlock)?.Info is { Length: > 0 } info ? info.Split(' ')[0] : "text";
        renderer.Write("<figure class=\"code\"><figcaption><span class=\"code-name\">").WriteEscape(language)
            .Write("</span><button type=\"button\" data-copy=\"code\">Copy</button></figcaption><pre tabindex=\"0\"><code>");
        CodeColors.Write(renderer, block.Lines.ToString(), language);
        renderer.Write("</code></pre></figure>");
    }
}
