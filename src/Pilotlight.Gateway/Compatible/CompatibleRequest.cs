using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Gateway.Compatible;

/// <summary>A call of a compatible API, in the terms of a turn: the same for all of them.</summary>
internal sealed record CompatibleRequest
{
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

    /// <summary>Longest answer, in tokens; null sets no limit.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the stream ends with the tokens used.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Parameters that were left aside, as the settings allow.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Whether what is said now is the results of calls and nothing else: then a process that waits for them can go on.</summary>
    public bool AnswersCalls => Content.All(part => part is UserToolResult);

    /// <summary>All text that is sent, piece by piece.</summary>
    public IEnumerable<string> Texts() =>
    [
        SystemPrompt ?? "",
        .. Tools.Select(tool => $"{tool.Name} {tool.Description} {tool.JsonSchema.GetRawText()}"),
        .. OutputSchema is { } schema ? [schema.GetRawText()] : Array.Empty<string>(),
        .. History.Append(new CompatibleMessage(HistoryRole.User, Content)).SelectMany(message => message.Content.Select(Text)
            .Concat(message.Calls.Select(call => $"{call.Name} {call.Input.GetRawText()}"))).OfType<string>(),
    ];

    /// <summary>About how many tokens its images have.</summary>
    public long ImageTokens() => 1600L * History.SelectMany(message => message.Content).Concat(Content).Count(part => Text(part) is null);

    private static string? Text(UserContent part) => part switch
    {
        UserText text => text.Text,
        UserToolResult result => result.Text,
        _ => null,
    };
}

/// <summary>One message of a call's history. An assistant's has one text, and perhaps calls, by the names that the caller gave.</summary>
internal sealed record CompatibleMessage(HistoryRole Role, IReadOnlyList<UserContent> Content)
{
    public IReadOnlyList<HistoryToolCall> Calls { get; init; } = [];

    public string Text => string.Concat(Content.OfType<UserText>().Select(part => part.Text));
}
