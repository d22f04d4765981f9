using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Permissions;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Claude.Conversations;

/// <summary>Who said a stored message.</summary>
public enum HistoryRole
{
    /// <summary>The person.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One earlier message of a conversation, as it is replayed to a fresh process.</summary>
/// <param name="Role">Who said it.</param>
/// <param name="Text">Its text; thinking and tool results are never replayed.</param>
/// <param name="ToolNames">The tools an assistant message called, replayed as a short annotation when text stands beside them.</param>
public sealed record HistoryMessage(HistoryRole Role, string Text, IReadOnlyList<string>? ToolNames = null)
{
    /// <summary>All parts of a user message that is more than text; null when the text is all of it.</summary>
    public IReadOnlyList<UserContent>? Content { get; init; }

    /// <summary>
    /// Calls of tools in an assistant message, replayed as calls: each must be answered by a <see cref="UserToolResult"/> in the
    /// message after it. Null without any.
    /// </summary>
    public IReadOnlyList<HistoryToolCall>? Calls { get; init; }

    /// <summary>Whether there is nothing of it to tell: a model's turn that only called tools, for instance.</summary>
    internal bool SaysNothing => string.IsNullOrWhiteSpace(Text) && Content is null && Calls is null;
}

/// <summary>A call of a tool in an earlier answer.</summary>
/// <param name="ToolUseId">The model's id for the call.</param>
/// <param name="Name">The tool, as the model knows it.</param>
/// <param name="Input">Its input, an object.</param>
public sealed record HistoryToolCall(string ToolUseId, string Name, JsonElement Input);

/// <summary>What a process must be told to carry a conversation on.</summary>
public sealed record Conversation
{
    /// <summary>Names the conversation; turns of one id run one after the other on one process.</summary>
    public required string Id { get; init; }

    /// <summary>The profile (tools, permissions, working directory) to run under; null is the default chat profile.</summary>
    public string? Profile { get; init; }

    /// <summary>A model alias or name; null is the configured default.</summary>
    public string? Model { get; init; }

    /// <summary>The system prompt; null leaves it empty.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>
    /// All earlier messages, oldest first. Used only when no live process holds the conversation: a hot process has
    /// them already.
    /// </summary>
    public IReadOnlyList<HistoryMessage> History { get; init; } = [];

    /// <summary>
    /// A mark of the history a live process must have seen to be used; another mark discards it and replays. Change it
    /// when stored messages were edited, dropped or regenerated. Null trusts the live process.
    /// </summary>
    public string? HistoryMark { get; init; }

    /// <summary>
    /// The last turn of the history, as <see cref="TurnId"/> named it: a live process that has not heard it is discarded, since the
    /// conversation went on without it, on another server for instance. Null trusts the live process.
    /// </summary>
    public string? LastTurnId { get; init; }

    /// <summary>Names this turn, for the <see cref="LastTurnId"/> of those to come. Default: none.</summary>
    public string? TurnId { get; init; }

    /// <summary>
    /// .NET functions that the model may call, besides those of the profile; it sees them as <c>mcp__functions__NAME</c>. One that
    /// is a declaration and no <see cref="AIFunction"/> is answered by the caller: its call ends the turn with
    /// <see cref="Turns.TurnAwaitsTools"/>. Other declarations than a live process knows discard it and replay. Default: none.
    /// </summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>Who is asked where the profile asks, from this turn on. Default: nobody, and what would be asked for is denied.</summary>
    public ApprovalRules Approvals { get; init; } = ApprovalRules.None;

    /// <summary>The JSON schema, of an object, that answers must fit; null is text. Another one than a live process knows discards it and replays.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary><c>default</c>, <c>acceptEdits</c>, <c>plan</c> or <c>dontAsk</c>, from this turn on; a live process takes it over. Default: the profile's.</summary>
    public string? PermissionMode { get; init; }

    /// <summary>
    /// MCP servers beside those of the profile, from this turn on; a live process connects to new ones and lets those go that are not named any more. Whose tools may
    /// run is the profile's to say. One that cannot be reached fails the turn. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, McpServerSettings> McpServers { get; init; } = new Dictionary<string, McpServerSettings>();

    /// <summary>Most that this turn may cost in US dollars, see <see cref="AgentProfileOptions.MaxCostUsd"/>. Default: the profile's alone.</summary>
    public decimal? MaxCostUsd { get; init; }

    /// <summary>Names this turn for <see cref="IClaudeConversations.RewindFilesAsync"/>; another one each turn. Default: none.</summary>
    public Guid? Checkpoint { get; init; }

    /// <summary>How much the model is to think, from this turn on. Default: what the CLI does by itself.</summary>
    public Effort? Effort { get; init; }

    /// <summary>
    /// What holds for the calls to the API that this turn makes: parameters of its main calls (temperature, stop sequences and the
    /// like), a budget, somebody who is told of them. Parameters need the relay and an API key; a CLI that is signed in is never
    /// changed. Default: nothing.
    /// </summary>
    public WireTurn Calls { get; init; } = new();

    /// <summary>Whether summaries of the model's thinking are asked for, from this turn on. Default: what the CLI does by itself.</summary>
    public bool? ThinkingSummaries { get; init; }
}

/// <summary>How much a model is to think.</summary>
public enum Effort
{
    /// <summary>As little as can be.</summary>
    Low,

    /// <summary>Some.</summary>
    Medium,

    /// <summary>Much.</summary>
    High,

    /// <summary>More than much.</summary>
    XHigh,

    /// <summary>As much as can be.</summary>
    Max,
}

/// <summary>One part of what the user says in a turn.</summary>
public abstract record UserContent
{
    private protected UserContent()
    {
    }
}

/// <summary>Text, which is only text: nothing in it is expanded or run.</summary>
public sealed record UserText(string Text) : UserContent;

/// <summary>An image.</summary>
/// <param name="MediaType"><c>image/png</c>, <c>image/jpeg</c>, <c>image/gif</c> or <c>image/webp</c>.</param>
/// <param name="Data">The image's bytes.</param>
public sealed record UserImage(string MediaType, ReadOnlyMemory<byte> Data) : UserContent
{
    /// <summary>What people call it; not sent. Default: null.</summary>
    public string? Name { get; init; }
}

/// <summary>An image that the API fetches itself.</summary>
/// <param name="Address">An http or https address.</param>
public sealed record UserImageAddress(Uri Address) : UserContent;

/// <summary>A document.</summary>
/// <param name="MediaType"><c>application/pdf</c> or <c>text/plain</c>.</param>
/// <param name="Data">The document's bytes; of a text in UTF-8.</param>
/// <param name="Title">What it is called; null for nothing.</param>
public sealed record UserDocument(string MediaType, ReadOnlyMemory<byte> Data, string? Title = null) : UserContent;

/// <summary>A PDF that the API fetches itself.</summary>
/// <param name="Address">An http or https address.</param>
/// <param name="Title">What it is called; null for nothing.</param>
public sealed record UserDocumentAddress(Uri Address, string? Title = null) : UserContent;

/// <summary>What came of a call that the caller answers; see <see cref="Conversation.Tools"/>.</summary>
/// <param name="ToolUseId">The model's id for the call.</param>
/// <param name="Text">What the model is told.</param>
/// <param name="IsError">Whether it failed.</param>
public sealed record UserToolResult(string ToolUseId, string Text, bool IsError = false) : UserContent
{
    /// <summary>All parts of a result that is more than text; null when the text is all of it.</summary>
    public IReadOnlyList<UserContent>? Content { get; init; }
}
