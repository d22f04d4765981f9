using System.Text.Json;

namespace Pilotlight.Claude.Hooks;

/// <summary>When a hook runs.</summary>
public enum HookEvent
{
    /// <summary>Before a tool runs, permitted or not; may block it or change its input.</summary>
    PreToolUse,

    /// <summary>After a tool ran; may tell the model more.</summary>
    PostToolUse,

    /// <summary>After a tool failed.</summary>
    PostToolUseFailure,

    /// <summary>When a user's message came; may refuse it or add to it.</summary>
    UserPromptSubmit,

    /// <summary>When the model means to be done; blocking makes it go on.</summary>
    Stop,

    /// <summary>When a subagent begins.</summary>
    SubagentStart,

    /// <summary>When a subagent means to be done; blocking makes it go on.</summary>
    SubagentStop,

    /// <summary>Before the context is summarized.</summary>
    PreCompact,

    /// <summary>When the CLI has something to say to a person.</summary>
    Notification,

    /// <summary>After all calls of one message of the model have returned.</summary>
    PostToolBatch,

    /// <summary>Before a command of the user's is expanded. Here none is.</summary>
    UserPromptExpansion,

    /// <summary>When a session begins. A host's hooks are declared after that.</summary>
    SessionStart,

    /// <summary>When a session ends.</summary>
    SessionEnd,

    /// <summary>When the API's failure ends a turn.</summary>
    StopFailure,

    /// <summary>After the context was summarized.</summary>
    PostCompact,

    /// <summary>Before another model takes over; may refuse it.</summary>
    PreModelSwitch,

    /// <summary>After another model took over.</summary>
    PostModelSwitch,

    /// <summary>When a tool needs leave; may give or refuse it before anybody is asked.</summary>
    PermissionRequest,

    /// <summary>When the CLI itself refused a tool.</summary>
    PermissionDenied,

    /// <summary>When the CLI is set up or maintained.</summary>
    Setup,

    /// <summary>When an agent of a team has nothing to do.</summary>
    TeammateIdle,

    /// <summary>When the model puts a task on its list.</summary>
    TaskCreated,

    /// <summary>When the model means a task of its list to be done.</summary>
    TaskCompleted,

    /// <summary>When an MCP server asks the user something; may answer it.</summary>
    Elicitation,

    /// <summary>When that was answered.</summary>
    ElicitationResult,

    /// <summary>When settings of the CLI's changed.</summary>
    ConfigChange,

    /// <summary>When a worktree is to be made.</summary>
    WorktreeCreate,

    /// <summary>When a worktree is to be removed.</summary>
    WorktreeRemove,

    /// <summary>When a file of instructions was read.</summary>
    InstructionsLoaded,

    /// <summary>When the working folder changed.</summary>
    CwdChanged,

    /// <summary>When a file that is watched changed.</summary>
    FileChanged,

    /// <summary>When a folder was added to those that may be worked in.</summary>
    DirectoryAdded,

    /// <summary>When text of the model's is shown.</summary>
    MessageDisplay,
}

/// <summary>A hook's work. One that throws has blocked, where there is something to block.</summary>
/// <remarks>Called concurrently, by any number of conversations.</remarks>
public delegate ValueTask<HookOutcome> HookCallback(HookInput input, CancellationToken cancellationToken);

/// <summary>A callback in the CLI's own course of events.</summary>
/// <param name="Event">When it runs.</param>
/// <param name="Callback">What it does.</param>
/// <param name="Matcher">A regular expression of tool names, for events about tools. Default: none, every tool.</param>
public sealed record Hook(HookEvent Event, HookCallback Callback, string? Matcher = null)
{
    /// <summary>How long it may take. Default: the CLI's own, a minute. Resolution: 1 s.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>What a hook is told.</summary>
/// <param name="Event">The event.</param>
/// <param name="Raw">All that the CLI says, as it said it.</param>
public sealed record HookInput(HookEvent Event, JsonElement Raw)
{
    /// <summary>The conversation, or null outside one.</summary>
    public string? ConversationId { get; init; }

    /// <summary>The tool, for events about tools.</summary>
    public string? ToolName { get; init; }

    /// <summary>The tool's input; undefined for other events.</summary>
    public JsonElement ToolInput { get; init; }

    /// <summary>What the tool returned, after it ran; undefined otherwise.</summary>
    public JsonElement ToolResponse { get; init; }

    /// <summary>The model's id for the call.</summary>
    public string? ToolUseId { get; init; }

    /// <summary>The user's message, for <see cref="HookEvent.UserPromptSubmit"/>.</summary>
    public string? Prompt { get; init; }
}

/// <summary>What is to come of it.</summary>
public sealed record HookOutcome
{
    private HookOutcome()
    {
    }

    /// <summary>Nothing: the event takes its course.</summary>
    public static HookOutcome Continue { get; } = new();

    /// <summary>Whether what the event is about must not happen.</summary>
    public bool IsBlocked { get; private init; }

    /// <summary>Why, for the model.</summary>
    public string? Reason { get; private init; }

    /// <summary>The tool's input instead of the model's.</summary>
    public JsonElement? ToolInput { get; private init; }

    /// <summary>Said to the model beside what it sees anyway.</summary>
    public string? Context { get; private init; }

    /// <summary>An answer in the CLI's own words, for what the others cannot say.</summary>
    public JsonElement? Raw { get; private init; }

    /// <summary>What the event is about must not happen; the model is told why.</summary>
    public static HookOutcome Block(string reason) => new() { IsBlocked = true, Reason = reason };

    /// <summary>The tool is called with another input; only for <see cref="HookEvent.PreToolUse"/> and <see cref="HookEvent.PermissionRequest"/>, which is allowed by it.</summary>
    public static HookOutcome WithInput(JsonElement input) => new() { ToolInput = input };

    /// <summary>The model is told something more.</summary>
    public static HookOutcome WithContext(string context) => new() { Context = context };

    /// <summary>The answer as the CLI takes it: an object as a hook of its own would print it.</summary>
    public static HookOutcome Answer(JsonElement answer) => new() { Raw = answer };
}
