using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Prompts;

/// <summary>What a turn of a thread asks where that is more than a text. Stored with the turn, so that whichever server runs it asks the same.</summary>
internal sealed record Prompt
{
    private const long TokensOfImage = 1600;
    private const int BytesOfPage = 50_000;
    private const string PlainText = "text/plain";

    /// <summary>Which API it came by, for the figures.</summary>
    public string Api { get; init; } = "native";

    /// <summary>What the user says now.</summary>
    public required IReadOnlyList<UserContent> Content { get; init; }

    /// <summary>Messages that the caller brings along: they stand after the thread's own, and before what is said now.</summary>
    public IReadOnlyList<HistoryMessage> Told { get; init; } = [];

    /// <summary>The functions that the caller runs: a call of one ends the turn, and the next turn brings its result.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Functions { get; init; } = [];

    /// <summary>The JSON schema that the answer must fit; null is text.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary>How much to think; null leaves it to the CLI.</summary>
    public Effort? Effort { get; init; }

    /// <summary>Whether summaries of the thinking are asked for; null leaves it to the CLI.</summary>
    public bool? ThinkingSummaries { get; init; }

    /// <summary>The model of this turn; null is the thread's.</summary>
    public string? Model { get; init; }

    /// <summary>A system prompt for this turn alone, after the thread's own.</summary>
    public string? Instructions { get; init; }

    /// <summary>Longest answer, in tokens; null sets no limit.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Most that it may cost, in US dollars; null leaves it to the profile.</summary>
    public decimal? MaxCostUsd { get; init; }

    /// <summary>What is set on its calls to the API; null for nothing.</summary>
    public CallParameters? Parameters { get; init; }

    /// <summary>Whether it goes on with nobody following it.</summary>
    public bool IsUnattended { get; init; }

    /// <summary>What the API it came by tells of it again; that API's own affair.</summary>
    public JsonElement? Echo { get; init; }

    /// <summary>A digest of the request that it came by, where a retry is to be told from another request by it; null where all that it asks says so.</summary>
    public string? Request { get; init; }

    /// <summary>Whether it brings the results of calls and nothing else: then the process that waits for them goes on.</summary>
    public bool AnswersCalls =>
        Content.Count > 0 && Told.Count == 0 && Content.All(part => part is UserToolResult { Content: var more } && (more ?? []).All(piece => piece is UserText or UserImage));

    /// <summary>Whether it is a message of a thread's like any other, only with files: its tools are asked for and kept like theirs.</summary>
    public bool IsMessage => Api == "native" && Functions.Count == 0 && Told.Count == 0 && OutputSchema is null && Instructions is null && MaxTokens is null;

    /// <summary>What the user says, as text for people.</summary>
    public string Text => string.Join("\n\n", Content.OfType<UserText>().Select(part => part.Text));

    /// <summary>All text that is sent for it.</summary>
    public string Words()
    {
        var words = new StringBuilder(Instructions).Append(OutputSchema?.GetRawText());
        foreach (var function in Functions)
        {
            words.Append(function.Name).Append(' ').Append(function.Description).Append(' ').Append(function.JsonSchema.GetRawText());
        }

        foreach (var message in Told)
        {
            words.Append(message.Content is { } parts ? WordsOf(parts) : message.Text);
            foreach (var call in message.Calls ?? [])
            {
                words.Append(call.Name).Append(' ').Append(call.Input.GetRawText());
            }
        }

        return words.Append(WordsOf(Content)).ToString();
    }

    /// <summary>About how many tokens its pictures and PDFs have.</summary>
    public long MediaTokens() => Told.SelectMany(message => message.Content ?? []).Concat(Content)
        .SelectMany(part => part is UserToolResult { Content: { } more } ? more : [part])
        .Sum(part => part switch
        {
            UserImage or UserImageAddress or UserDocumentAddress => TokensOfImage,
            UserDocument { MediaType: not PlainText } document => TokensOfImage * Math.Max(1, document.Data.Length / BytesOfPage),
            _ => 0,
        });

    /// <summary>The text in parts of a message.</summary>
    public static string WordsOf(IEnumerable<UserContent> parts) => string.Join('\n', parts.Select(part => part switch
    {
        UserText text => text.Text,
        UserToolResult result => result.Text,
        UserDocument { MediaType: PlainText } document => Encoding.UTF8.GetString(document.Data.Span),
        _ => "",
    }));

    /// <summary>About what parts of a message take in memory.</summary>
    public static long SizeOf(IEnumerable<UserContent> parts) => parts.Sum(part => part switch
    {
        UserImage image => image.Data.Length,
        UserDocument document => document.Data.Length,
        UserToolResult result => result.Text.Length + SizeOf(result.Content ?? []),
        _ => 0L,
    });
}
