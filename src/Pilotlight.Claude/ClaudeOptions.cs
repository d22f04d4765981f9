using System.ComponentModel.DataAnnotations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Profiles;

namespace Pilotlight.Claude;

/// <summary>How the Claude Code CLI is found, run and bounded; section <c>Pilotlight:Claude</c>.</summary>
public sealed class ClaudeOptions : IValidatableObject
{
    /// <summary>The name of the profile without tools that is used where none is asked for.</summary>
    public const string ChatProfile = "chat";

    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Claude";

    /// <summary>Path of the CLI's native binary. Default: none; <c>claude</c> on PATH, then the bundled one.</summary>
    public string? Path { get; set; }

    /// <summary>Model alias or name for conversations that name none. Default: <c>sonnet</c>.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Model { get; set; } = "sonnet";

    /// <summary>System prompt for conversations that bring none; every process is parked with it. Default: one neutral sentence.</summary>
    [Required]
    public string SystemPrompt { get; set; } = "You are a helpful assistant.";

    /// <summary>Key for the API, handed to the CLI alone. Default: none; <c>ANTHROPIC_API_KEY</c> is honoured.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Base address of the API. Default: none, the CLI's own; <c>ANTHROPIC_BASE_URL</c> is honoured.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>
    /// The CLI's own configuration folder, shared by all processes; point it at a signed-in one to use that sign-in. Default: a folder of
    /// ours, of which with an API key each process gets a copy.
    /// </summary>
    public string? ConfigDirectory { get; set; }

    /// <summary>HOME of the CLI's processes, with its configuration and an empty working folder. Default: <c>pilotlight/claude</c> in the user's local data.</summary>
    public string? HomeDirectory { get; set; }

    /// <summary>
    /// Where each process gets a folder of its own for temporary files, removed with it. The CLI makes sockets there, so the path must
    /// be short: 72 bytes at most. Default: <c>tmp</c> in <see cref="HomeDirectory"/>, or where that is too long the machine's own.
    /// </summary>
    public string? TemporaryDirectory { get; set; }

    /// <summary>Further variables of this process's environment that the CLI may see, by name. Default: none.</summary>
    public IList<string> PassEnvironment { get; } = [];

    /// <summary>Retries the CLI makes on 408, 429, 5xx and lost connections. Default: 10, its own. Range 0–20.</summary>
    [Range(0, 20)]
    public int MaxRetries { get; set; } = 10;

    /// <summary>How long a turn goes on retrying before it fails as what it is. Default: 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan RetryDeadline { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest turn, tools included. Default: 30 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan TurnTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long the CLI may say nothing in a turn before it is asked whether it is alive; one that answers is busy and goes
    /// on, one that does not ends the turn. Default: 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "01:00:00")]
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a control request may go unanswered. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "00:10:00")]
    public TimeSpan ControlTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an interrupt may take before the process is discarded instead. Default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "00:01:00")]
    public TimeSpan InterruptTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether a parked process goes through a first turn that a hook blocks, which asks nothing of the API, leaves no trace and
    /// makes the first turn faster; it takes some 15 MiB more a process. Default: true.
    /// </summary>
    public bool Rehearse { get; set; } = true;

    /// <summary>
    /// Whether that first turn is a whole one where the relay holds an API key: the relay answers it, and takes it out of all that the
    /// process sends later, so that a first turn is as fast as a later one. Needs <see cref="Rehearse"/>. Default: true.
    /// </summary>
    public bool RehearseOnWire { get; set; } = true;

    /// <summary>
    /// Whether an idle process gives up memory by degrees, and with it the compiled code that makes its next turn fast: after 10 s,
    /// 2 min and 10 min of silence. Otherwise it stays as fast as it was, for some 15 MiB more. Default: false.
    /// </summary>
    public bool CoolWhenIdle { get; set; }

    /// <summary>Longest line taken from the CLI, in bytes. Default: 64 MiB.</summary>
    [Range(64 * 1024, int.MaxValue)]
    public int MaxLineBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Profiles by name, beside <see cref="ChatProfile"/>, which has no tools and cannot be given any.</summary>
    public IDictionary<string, AgentProfileOptions> Profiles { get; } =
        new Dictionary<string, AgentProfileOptions>(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Profiles.SelectMany(profile => AgentProfileCheck.Faults(profile.Key, profile.Value))
            .Concat(TemporaryRoot.Faults(this))
            .Select(fault => new ValidationResult(fault));
}

/// <summary>How long conversations keep their processes; section <c>Pilotlight:Sessions</c>.</summary>
public sealed class ClaudeSessionOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Sessions";

    /// <summary>How long a conversation keeps its process after a turn. Default: 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Processes kept for conversations between turns, about 150 MiB each; beyond it the one unused for longest is ended. 0
    /// keeps none. Default: 8.
    /// </summary>
    [Range(0, 10_000)]
    public int MaxHot { get; set; } = 8;

    /// <summary>
    /// Named conversations of the chat client whose words this host remembers, so that they go on when their process was ended; the
    /// one unused for longest is forgotten first. Default: 1,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxRemembered { get; set; } = 1000;
}
