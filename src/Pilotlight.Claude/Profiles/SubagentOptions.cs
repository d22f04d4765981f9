using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude;

/// <summary>An agent that the model may give work to; <c>Pilotlight:Claude:Profiles:NAME:Agents:AGENT</c>.</summary>
/// <remarks>It begins with an empty conversation, works with tools of its profile, and reports to the model that called it. All it uses counts as the turn's.</remarks>
public sealed class SubagentOptions
{
    /// <summary>When it is to be called, for the model. Required.</summary>
    public string Description { get; set; } = "";

    /// <summary>Its system prompt. Required.</summary>
    public string Prompt { get; set; } = "";

    /// <summary>Its tools, of those of its profile; <c>mcp__SERVER</c> is all of a server. Default: none named, it has all of them.</summary>
    public IList<string> Tools { get; } = [];

    /// <summary>Tools that it does not have. Default: none.</summary>
    public IList<string> DisallowedTools { get; } = [];

    /// <summary>Model alias or name. Default: none, the conversation's own.</summary>
    public string? Model { get; set; }

    /// <summary>How much it is to think. Default: what the CLI does by itself.</summary>
    public Effort? Effort { get; set; }

    /// <summary>Most API calls in one piece of work. Default: none, no limit.</summary>
    public int? MaxTurns { get; set; }
}
