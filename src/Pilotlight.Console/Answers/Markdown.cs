using Ganss.Xss;
using Markdig;
using Markdig.Renderers;
using Markdig.Syntax;

namespace Pilotlight.WebConsole.Answers;

/// <summary>Turns an answer into HTML that can do nothing: what the model says is only text.</summary>
/// <remarks>Raw HTML is shown as text, and what Markdig makes goes through an allow-list. Safe for concurrent use.</remarks>
public static class Markdown
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .DisableHtml()
        .UsePipeTables()
        .UseTaskLists()
        .UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough)
        .UseAutoLinks()
        .Build();

    private static readonly HtmlSanitizer s_sanitizer = CreateSanitizer();

    /// <summary>The answer block by block; a block that <paramref name="known"/> holds is not made again.</summary>
    /// <remarks>While an answer streams only its last block changes, and only that one is worked on and sent to the browser.</remarks>
    public static IReadOnlyList<Block> Render(string text, IReadOnlyList<Block>? known = null)
    {
        MarkdownDocument document;
        try
        {
            document = Markdig.Markdown.Parse(text, s_pipeline);
        }
        catch (ArgumentException)
        {
            // Nested deeper than Markdig follows: no sensible text is, so it is shown as it came.
            return [new Block(text, s_sanitizer.Sanitize($"<pre>{System.Net.WebUtility.HtmlEncode(text)}</pre>"))];
        }

        var blocks = new List<Block>(document.Count);
        foreach (var parsed in document)
        {
            if (parsed is LinkReferenceDefinitionGroup)
            {
                continue;
            }

            var raw = ToHtml(parsed);
            var at = blocks.Count;
            blocks.Add(known is not null && at < known.Count && known[at].Raw == raw ? known[at] : new Block(raw, s_sanitizer.Sanitize(raw)));
        }

        return blocks;
    }

    private static string ToHtml(Markdig.Syntax.Block block)
    {
        using var writer = new StringWriter();
        var renderer = new HtmlRenderer(writer);
        s_pipeline.Setup(renderer);
        renderer.ObjectRenderers.Replace<Markdig.Renderers.Html.CodeBlockRenderer>(new CodeRenderer());
        renderer.Render(block);
        return writer.ToString();
    }

    private static HtmlSanitizer CreateSanitizer()
    {
        var sanitizer = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
            {
                "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "del", "a",
                "code", "pre", "span", "div", "figure", "figcaption", "button", "table", "thead", "tbody", "tr", "th", "td", "input",
            },
            AllowedAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
            {
                "href", "class", "start", "type", "data-copy", "checked", "disabled", "rel", "target", "tabindex", "role", "aria-label",
            },
            AllowedSchemes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "http", "https", "mailto" },
            UriAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href" },
            AllowedClasses = new HashSet<string>(StringComparer.Ordinal) { "code", "code-name", "tok-k", "tok-s", "tok-c", "tok-n", "table" },
        });
        sanitizer.PostProcessNode += (_, at) =>
        {
            switch (at.Node)
            {
                case AngleSharp.Html.Dom.IHtmlAnchorElement link:
                    link.SetAttribute("rel", "noopener noreferrer nofollow");
                    link.SetAttribute("target", "_blank");
                    break;
                case AngleSharp.Html.Dom.IHtmlInputElement box:
                    box.SetAttribute("type", "checkbox");
                    box.SetAttribute("disabled", "");
                    box.SetAttribute("aria-label", box.HasAttribute("checked") ? "done" : "to do");
                    break;
            }
        };
        return sanitizer;
    }
}

/// <summary>One block of an answer.</summary>
/// <param name="Raw">As Markdig made it, by which it is known again.</param>
/// <param name="Html">As it may be shown.</param>
public sealed record Block(string Raw, string Html);
