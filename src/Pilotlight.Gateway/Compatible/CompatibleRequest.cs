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

    /// <summary>Longest answer, in tokens; null sets no limit.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the stream ends with the tokens used.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Parameters that were left aside, as the settings allow.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>About how many tokens are sent: four characters each, and 1,600 an image.</summary>
    public long EstimateTokens() =>
        (SystemPrompt?.Length ?? 0) / 4 + History.SelectMany(message => message.Content).Concat(Content).Sum(part => part switch
        {
            UserText text => text.Text.Length / 4L,
            _ => 1600,
        });
}

/// <summary>One message of a call's history. An assistant's has one text.</summary>
internal sealed record CompatibleMessage(HistoryRole Role, IReadOnlyList<UserContent> Content)
{
    public string Text => string.Concat(Content.OfType<UserText>().Select(part => part.Text));
}
