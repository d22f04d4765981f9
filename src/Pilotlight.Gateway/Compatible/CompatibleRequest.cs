using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Gateway.Compatible;

/// <summary>A call of a compatible API, in the terms of a turn: the same for all of them.</summary>
internal sealed record CompatibleRequest
{
    private const string PlainText = "text/plain";
    private const long TokensOfImage = 1600;
    private const int BytesOfPage = 50_000;

    /// <summary>Which API it came by, for the figures.</summary>
    public required string Api { get; init; }

    /// <summary>The model as asked for.</summary>
    public required string Model { get; init; }

    /// <summary>The system prompt; null is none of the caller's.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>Everything before what the user says now.</summary>
    public required IReadOnlyList<CompatibleMessage> History { get; init; }

    /// <summary>What the user says now.</summary>
    public required IReadOnlyList<UserContent> Content { get; init; }

    /// <summary>The functions that the caller answers the calls of.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>The schema that the answer must fit; null is text.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary>How the answer is to be made.</summary>
    public CallSettings Settings { get; init; } = new();

    /// <summary>Longest answer, in tokens; null sets no limit.</summary>
    public int? MaxTokens => Settings.MaxTokens;

    /// <summary>Whether the answer is streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the stream ends with the tokens used.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Parameters that are left aside on the route that was chosen, by name; see <see cref="SettingRoutes.Settle"/>.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Whether what is said now is the results of calls and nothing else: then a process that waits for them can go on.</summary>
    public bool AnswersCalls => Content.All(part => part is UserToolResult { Content: var more } && (more ?? []).All(piece => piece is UserText or UserImage));

    private IEnumerable<UserContent> Parts => History.SelectMany(message => message.Content).Concat(Content)
        .SelectMany(part => part is UserToolResult { Content: { } more } ? more.Append(part) : [part]);

    /// <summary>Whether there is such content anywhere in what is said.</summary>
    public bool Has<T>()
        where T : UserContent => Parts.Any(part => part is T);

    /// <summary>All text that is sent, piece by piece.</summary>
    public IEnumerable<string> Texts() =>
    [
        SystemPrompt ?? "",
        .. Tools.Select(tool => $"{tool.Name} {tool.Description} {tool.JsonSchema.GetRawText()}"),
        .. OutputSchema is { } schema ? [schema.GetRawText()] : Array.Empty<string>(),
        .. History.Append(new CompatibleMessage(HistoryRole.User, Content)).SelectMany(message => message.Content.Select(Text)
            .Concat(message.Calls.Select(call => $"{call.Name} {call.Input.GetRawText()}"))).OfType<string>(),
    ];

    /// <summary>Whether the model is to think before it answers, and the caller wants to see of it what there is to see.</summary>
    public bool ShowsThinking => Settings switch
    {
        { Thinking: { } thinking } => thinking is { Kind: not "disabled", Display: not "omitted" },
        _ => Settings.ThinkingSummaries == true || Settings.Effort is not null,
    };

    /// <summary>About how many tokens its pictures and PDFs have.</summary>
    public long ImageTokens() => Parts.Sum(part => part switch
    {
        UserImage or UserImageAddress or UserDocumentAddress => TokensOfImage,
        UserDocument { MediaType: not PlainText } document => TokensOfImage * Math.Max(1, document.Data.Length / BytesOfPage),
        _ => 0,
    });

    private static string? Text(UserContent part) => part switch
    {
        UserText text => text.Text,
        UserToolResult result => result.Text,
        UserDocument { MediaType: PlainText } document => Encoding.UTF8.GetString(document.Data.Span),
        _ => null,
    };
}

/// <summary>One message of a call's history. An assistant's has one text, and perhaps calls, by the names that the caller gave.</summary>
internal sealed record CompatibleMessage(HistoryRole Role, IReadOnlyList<UserContent> Content)
{
    public IReadOnlyList<HistoryToolCall> Calls { get; init; } = [];

    /// <summary>What the model thought before it, as the API signed it. Told to the API alone: a process keeps its own.</summary>
    public IReadOnlyList<JsonElement> Thoughts { get; init; } = [];

    public string Text => string.Concat(Content.OfType<UserText>().Select(part => part.Text));
}
