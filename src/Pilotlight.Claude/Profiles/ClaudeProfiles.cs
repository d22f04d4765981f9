using System.Globalization;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Network;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Turns;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Processes;
using Pilotlight.Wire.Processes;

namespace Pilotlight.Claude.Profiles;

/// <summary>Makes the pool's profiles out of the settings.</summary>
/// <remarks>
/// Each profile has two kinds of process. One is parked initialized, with the default system prompt: the fastest first turn.
/// The other is started and waits, since only the first <c>initialize</c> sets a system prompt: it costs ~25 ms more at
/// the first turn, and ~250 ms less than a cold start. When the CLI has moved, or a new day begun, which the CLI tells the model, the
/// kinds are made anew and take the old ones' place: one by one for a CLI, at once for a day. Safe for concurrent use; a kind stays the same instance until
/// then, so that the pool finds it without comparing.
/// </remarks>
public sealed class ClaudeProfiles : IDisposable
{
    /// <summary>The CLI's own switch for the block at the head of its system prompt that tells its version and marks the first message.</summary>
    internal const string AttributionVariable = "CLAUDE_CODE_ATTRIBUTION_HEADER";

    private const string DayVariable = "PILOTLIGHT_DAY";

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Profile, bool Initialized), ClaudeProcessKind> _kinds = [];
    private readonly ClaudeOptions _options;
    private readonly ClaudeCli _cli;
    private readonly ClaudeHome _home;
    private readonly ProcessHome _ownHomes;
    private readonly ClaudeRelay _relay;
    private readonly ClaudeWarmUp _warmUp;
    private readonly EgressProxies _proxies;
    private readonly WorkspaceStore _workspaces;
    private readonly WarmPool _pool;
    private readonly TimeProvider _time;
    private readonly string _instance;
    private (string Binary, DateOnly Day)? _made;

    /// <param name="options">The settings.</param>
    /// <param name="cli">Finds the binary.</param>
    /// <param name="home">What all processes have in common.</param>
    /// <param name="ownHomes">What each has for itself.</param>
    /// <param name="relay">Their way to the API.</param>
    /// <param name="warmUp">Brings them to where they can be parked.</param>
    /// <param name="proxies">The way to other hosts for those behind walls.</param>
    /// <param name="workspaces">The folders that conversations work in.</param>
    /// <param name="pool">Keeps them.</param>
    /// <param name="time">The clock, for the day.</param>
    /// <param name="instance">The name of this Claude Code among several of one host; stands before the names of its profiles in the pool. Null for the only one.</param>
    internal ClaudeProfiles(
        ClaudeOptions options,
        ClaudeCli cli,
        ClaudeHome home,
        ProcessHome ownHomes,
        ClaudeRelay relay,
        ClaudeWarmUp warmUp,
        EgressProxies proxies,
        WorkspaceStore workspaces,
        WarmPool pool,
        TimeProvider time,
        string? instance)
    {
        (_options, _cli, _home, _ownHomes, _relay, _warmUp, _proxies, _workspaces, _pool, _time) = (options, cli, home, ownHomes, relay, warmUp, proxies, workspaces, pool, time);
        _instance = instance is null ? "" : instance + "/";
    }

    /// <summary>The names that a conversation may ask for, in any letters.</summary>
    public IEnumerable<string> Names => _options.Profiles.Keys.Prepend(ClaudeOptions.ChatProfile);

    /// <summary>The processes to keep parked from the start.</summary>
    /// <exception cref="ClaudeException">There is no CLI.</exception>
    public ProcessProfile Default => For(new Conversation { Id = "" }).Process;

    /// <summary>What a profile gives each conversation to work in; null where it gives none.</summary>
    internal WorkspaceSettings? WorkspaceOf(string? profile) => WorkspaceSettings.Of(AgentOf(profile));

    /// <summary>The settings of a profile; null for the chat profile, and for one that there is not.</summary>
    internal AgentProfileOptions? AgentOf(string? profile) =>
        profile is { Length: > 0 } name && _options.Profiles.TryGetValue(name, out var agent) ? agent : null;

    /// <summary>Closes the ways to other hosts.</summary>
    public void Dispose() => _proxies.Dispose();

    /// <summary>What a profile is called, whatever letters a conversation names it in: two that are one have one name.</summary>
    internal static string NameOf(Conversation conversation) =>
        conversation.Profile is { Length: > 0 } profile ? profile.ToLowerInvariant() : ClaudeOptions.ChatProfile;

    /// <param name="conversation">What the process is for.</param>
    /// <param name="untold">Whether it has to be one that has been told nothing yet.</param>
    /// <exception cref="ClaudeException">There is no such profile, or no CLI.</exception>
    internal ClaudeProcessKind For(Conversation conversation, bool untold = false)
    {
        var name = NameOf(conversation);
        lock (_gate)
        {
            Renew();
            var (binary, day) = _made!.Value;
            var initialized = !untold && conversation.OutputSchema is null
                && (name == ClaudeOptions.ChatProfile && _warmUp.RehearsesWhole(binary) ? FitsRehearsed(conversation) : HasDefaultPrompt(conversation));
            if (!_kinds.TryGetValue((name, initialized), out var kind))
            {
                _kinds[(name, initialized)] = kind = Create(name, initialized, binary, day);
            }

            return kind;
        }
    }

    /// <summary>Whether a process can take up a conversation of its kind: one that turns out not to be rehearsed whole has its own prompt.</summary>
    internal bool Suits(ClaudeProcess process, ClaudeProcessKind kind, Conversation conversation) =>
        !kind.IsInitialized || (process.Rehearsal is not null ? FitsRehearsed(conversation) : HasDefaultPrompt(conversation));

    private bool HasDefaultPrompt(Conversation conversation) =>
        conversation.SystemPrompt is null || conversation.SystemPrompt == _options.SystemPrompt;

    // The CLI leaves a blank prompt out, and the relay could not put it in.
    private static bool FitsRehearsed(Conversation conversation) =>
        (conversation.SystemPrompt is not { } prompt || !string.IsNullOrWhiteSpace(prompt)) && RehearsedHistory.Fits(conversation.History);

    /// <summary>Lets the processes of a CLI that has moved, and those of yesterday, give way; returns how long until that is to be asked again at the latest.</summary>
    internal TimeSpan Refresh()
    {
        lock (_gate)
        {
            if (_kinds.Count > 0)
            {
                Renew();
            }

            var now = _time.GetLocalNow().DateTime;
            return now.Date.AddDays(1) - now;
        }
    }

    private void Renew()
    {
        if (_cli.Find(out var problem) is not { } binary)
        {
            // Away for a moment, as while it is updated: what is parked of it serves on.
            binary = _made?.Binary ?? throw new ClaudeException(new TurnError(TurnErrorKind.CliUnavailable, problem!));
        }

        var day = DateOnly.FromDateTime(_time.GetLocalNow().DateTime);
        if (_made == (binary, day))
        {
            return;
        }

        var isNewDay = _made?.Day != day;
        _made = (binary, day);
        foreach (var (key, former) in _kinds.ToArray())
        {
            var changed = Create(key.Profile, key.Initialized, binary, day);
            _kinds[key] = changed;
            _pool.Replace(former.Process, changed.Process);
        }

        if (isNewDay)
        {
            RecycleThoseBefore(day);
        }
    }

    // At once: one that served on until its successor is there would tell the model yesterday's date.
    private void RecycleThoseBefore(DateOnly day)
    {
        var ours = _kinds.Values.Select(kind => kind.Process.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var process in _pool.GetSnapshot().Profiles.Where(profile => ours.Contains(profile.Name)).SelectMany(profile => profile.Processes))
        {
            var started = TimeZoneInfo.ConvertTime(process.StartedAt, _time.LocalTimeZone);
            if (!process.IsLeased && DateOnly.FromDateTime(started.DateTime) < day)
            {
                _pool.Recycle(process.ProcessId);
            }
        }
    }

    private ClaudeProcessKind Create(string name, bool initialized, string binary, DateOnly day)
    {
        AgentProfileOptions? agent = null;
        if (name != ClaudeOptions.ChatProfile && !_options.Profiles.TryGetValue(name, out agent))
        {
            throw new ClaudeException(new TurnError(
                TurnErrorKind.InvalidRequest,
                $"There is no profile '{name}'; there are {string.Join(", ", Names)}. Define it under Pilotlight:Claude:Profiles."));
        }

        var model = agent?.Model ?? _options.Model;
        var shown = _instance + Names.First(known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        var walls = Walls(name, agent);
        var process = new ProcessProfile
        {
            Name = initialized ? shown : shown + "+prompt",
            FileName = binary,
            Arguments = CliArguments.Of(model, agent, PluginFolders(agent, walls is not null)),
            Wrapper = walls?.Wrapper ?? [],
            Environment = Environment(agent, day, isWhole: initialized && agent is null && _warmUp.RehearsesWhole(binary)),
            WorkingDirectory = agent?.SharedFolder is { } folder ? Path.GetFullPath(folder) : _home.WorkingDirectory,
            Prepare = walls is null ? Prepare : environment => PrepareWalled(walls, name, agent!, binary, environment),
        };
        var warmed = new ProcessProfile<ClaudeProcess>
        {
            Name = process.Name,
            FileName = process.FileName,
            Arguments = process.Arguments,
            Wrapper = process.Wrapper,
            Environment = process.Environment,
            WorkingDirectory = process.WorkingDirectory,
            Prepare = process.Prepare,
            WarmUp = _warmUp.For(process, agent, initialized),
        };
        return new ClaudeProcessKind(warmed, model, initialized, agent);
    }

    private static IEnumerable<string> PluginFolders(AgentProfileOptions? agent, bool isWalled) =>
        agent is null ? [] : isWalled ? agent.Plugins.Select((folder, index) => SandboxPaths.Plugin(index, Path.GetFullPath(folder))) : agent.Plugins.Select(Path.GetFullPath);

    private ProcessBelongings Prepare(IDictionary<string, string?> environment)
    {
        var folder = _ownHomes.Prepare(environment);
        try
        {
            return new ProcessBelongings(folder, folder.Configuration, _relay.Open(environment));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private ProcessBelongings PrepareWalled(ProcessSandbox walls, string name, AgentProfileOptions agent, string binary, IDictionary<string, string?> environment)
    {
        var (folder, configuration) = _ownHomes.PrepareWalled();
        WireProcess? wire = null;
        ProcessWorkspace? workspace = null;
        try
        {
            var socket = Path.Combine(folder.Temporary, "api");
            wire = _relay.Open(environment, socket);
            FileOwner.GiveToWalled(socket);
            var transcripts = Path.Combine(folder.Configuration, "projects");
            Directory.CreateDirectory(transcripts);
            workspace = agent.HasThreadWorkspace ? _workspaces.Open() : null;
            walls.Prepare(environment, new SandboxFiles
            {
                Folder = folder.Temporary,
                Cli = binary,
                Configuration = configuration,
                Transcripts = transcripts,
                Api = socket,
                Proxy = agent.Network.Count > 0 ? _proxies.SocketOf(name, agent.Network) : null,
                Plugins = agent.Plugins.Count == 0 ? [] : [.. agent.Plugins.Select(Path.GetFullPath)],
                Workspace = workspace?.Path ?? (agent.SharedFolder is { } shared ? Path.GetFullPath(shared) : null),
            });
            return new ProcessBelongings(folder, folder.Configuration, wire, workspace) { WorkingDirectory = SandboxPaths.Workspace };
        }
        catch
        {
            wire?.Dispose();
            workspace?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    // A machine that cannot give them was told at the start.
    private ProcessSandbox? Walls(string name, AgentProfileOptions? agent)
    {
        if (agent is null or { Sandbox: SandboxMode.None })
        {
            return null;
        }

        if (!_relay.HoldsKey)
        {
            throw new ClaudeException(new TurnError(
                TurnErrorKind.InvalidRequest,
                $"The profile '{name}' is walled (Sandbox {agent.Sandbox}), and there is no key that can stay outside: a sign-in lies where the CLI, and with it the agent, can read it. "
                + "Configure an API key (ANTHROPIC_API_KEY or Pilotlight:Wire:Upstreams) with Pilotlight:Wire:Enabled."));
        }

        var programs = SandboxPrograms.Find(out var missing)
            ?? throw new ClaudeException(new TurnError(TurnErrorKind.CliUnavailable, $"Walls need programs that are not installed any more: {missing}."));
        return new ProcessSandbox(programs, agent.Sandbox, agent.Limits, agent.Network.Count > 0);
    }

    private Dictionary<string, string> Environment(AgentProfileOptions? agent, DateOnly day, bool isWhole)
    {
        var environment = new Dictionary<string, string>(_relay.Relay is null ? _home.CreateEnvironment() : _home.CreateEnvironmentForRelay(_relay.HoldsKey), StringComparer.Ordinal)
        {
            [DayVariable] = day.ToString("O", CultureInfo.InvariantCulture),
        };
        if (agent is null)
        {
            // Tool search would put a placeholder into the API's list of tools; only an agent can have so many that it pays.
            environment["ENABLE_TOOL_SEARCH"] = "false";
        }
        else
        {
            // Says when a turn is over whose subagents went on after its answer.
            environment["CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS"] = "1";
        }

        if (agent is { Checkpoints: true })
        {
            environment["CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"] = "1";
        }

        if (agent is { Plugins.Count: > 0 })
        {
            environment["CLAUDE_CODE_DISABLE_BUNDLED_SKILLS"] = "1";
        }

        if (isWhole)
        {
            // Its mark would be that of the rehearsal's message, which is not sent.
            environment[AttributionVariable] = "0";
        }

        return environment;
    }
}
