using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Profiles;

/// <summary>Which process a conversation needs, and what it must still be told when it has one.</summary>
/// <param name="Process">The pool's key: binary, arguments, environment, folder.</param>
/// <param name="Model">The model it was started with.</param>
/// <param name="IsInitialized">Whether it is parked with the default system prompt, or waits to be told one.</param>
/// <param name="Agent">The profile's settings; null is the chat profile.</param>
internal sealed record ClaudeProcessKind(ProcessProfile Process, string Model, bool IsInitialized, AgentProfileOptions? Agent);

/// <summary>Makes the pool's profiles out of the settings.</summary>
/// <remarks>
/// Each profile has two kinds of process. One is parked initialized, with the default system prompt: the fastest first turn.
/// The other is started and waits, since only the first <c>initialize</c> sets a system prompt: it costs ~25 ms more at
/// the first turn, and ~250 ms less than a cold start. Safe for concurrent use; each kind is made once, so that the pool
/// sees the same instance every time.
/// </remarks>
public sealed class ClaudeProfiles(
    IOptions<ClaudeOptions> options, ClaudeCli cli, ClaudeHome home, TimeProvider time, IServiceProvider services, ILogger<ClaudeProfiles> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Profile, bool Initialized), ClaudeProcessKind> _kinds = [];
    private string? _binary;

    /// <summary>The names that a conversation may ask for.</summary>
    public IEnumerable<string> Names => options.Value.Profiles.Keys.Prepend(ClaudeOptions.ChatProfile);

    /// <summary>The processes to keep parked from the start.</summary>
    /// <exception cref="ClaudeException">There is no CLI.</exception>
    public ProcessProfile Default => For(new Conversation { Id = "" }).Process;

    internal ClaudeProcessKind For(Conversation conversation)
    {
        var name = conversation.Profile is { Length: > 0 } profile ? profile : ClaudeOptions.ChatProfile;
        var initialized = conversation.OutputSchema is null
            && (conversation.SystemPrompt is null || conversation.SystemPrompt == options.Value.SystemPrompt);
        lock (_gate)
        {
            var binary = cli.Find(out var problem) ?? throw Unavailable(problem!);
            if (_binary != binary)
            {
                _kinds.Clear();
                _binary = binary;
            }

            if (!_kinds.TryGetValue((name, initialized), out var kind))
            {
                _kinds[(name, initialized)] = kind = Create(name, binary, initialized);
            }

            return kind;
        }
    }

    private ClaudeProcessKind Create(string name, string binary, bool initialized)
    {
        AgentProfileOptions? agent = null;
        if (!name.Equals(ClaudeOptions.ChatProfile, StringComparison.OrdinalIgnoreCase)
            && !options.Value.Profiles.TryGetValue(name, out agent))
        {
            throw new ClaudeException(new TurnError(
                TurnErrorKind.InvalidRequest,
                $"There is no profile '{name}'; there are {string.Join(", ", Names)}. Define it under Pilotlight:Claude:Profiles."));
        }

        var model = agent?.Model ?? options.Value.Model;
        var process = new ProcessProfile
        {
            Name = initialized ? name : name + "+prompt",
            FileName = binary,
            Arguments = Arguments(model, agent),
            Environment = Environment(agent),
            WorkingDirectory = agent?.WorkingDirectory is { Length: > 0 } folder ? Path.GetFullPath(folder) : home.WorkingDirectory,
            WarmUp = (child, cancellationToken) => WarmUpAsync(child, agent, initialized, cancellationToken),
        };
        if (initialized && agent is null && CanRehearse())
        {
            process = process with { WarmUp = (child, cancellationToken) => WarmUpAndRehearseAsync(process, child, cancellationToken) };
        }

        var warmUp = process.WarmUp;
        process = process with { WarmUp = (child, cancellationToken) => ProvedAsync(binary, limit => warmUp(child, limit), cancellationToken) };
        return new ClaudeProcessKind(process, model, initialized, agent);
    }

    private static List<string> Arguments(string model, AgentProfileOptions? agent)
    {
        List<string> arguments =
        [
            "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-partial-messages",
            "--no-session-persistence", "--disable-slash-commands", "--setting-sources", "", "--strict-mcp-config",
            "--model", model,
            "--tools", agent is null ? "" : string.Join(',', agent.Tools),

            // A conversation's own functions are allowed by being offered; a profile without any other tools has nothing else.
            "--allowedTools", string.Join(',', (agent?.AllowedTools ?? []).Append("mcp__" + FunctionNames.Server)),
        ];
        if (agent is null)
        {
            return arguments;
        }

        arguments.AddRange(["--permission-mode", agent.PermissionMode]);
        if (agent.CanUseTool is not null)
        {
            arguments.AddRange(["--permission-prompt-tool", "stdio"]);
        }

        if (agent.DisallowedTools.Count > 0)
        {
            arguments.AddRange(["--disallowedTools", string.Join(',', agent.DisallowedTools)]);
        }

        if (agent.MaxTurns is { } turns)
        {
            arguments.AddRange(["--max-turns", turns.ToString(CultureInfo.InvariantCulture)]);
        }

        if (agent.McpConfig is { Length: > 0 } servers)
        {
            arguments.AddRange(["--mcp-config", servers]);
        }

        return arguments;
    }

    // Tool search would put a placeholder into the API's list of tools; only an agent can have so many that it pays.
    private IReadOnlyDictionary<string, string> Environment(AgentProfileOptions? agent) => agent is not null
        ? home.CreateEnvironment()
        : new Dictionary<string, string>(home.CreateEnvironment(), StringComparer.Ordinal) { ["ENABLE_TOOL_SEARCH"] = "false" };

    private async ValueTask WarmUpAsync(ChildProcess child, AgentProfileOptions? agent, bool initialize, CancellationToken cancellationToken)
    {
        var connection = new CliConnection(child.Output, child.Input, time, options.Value.MaxLineBytes);
        var process = new ClaudeProcess(connection, agent, services, logger);
        child.State = process;
        var request = initialize
            ? process.Initialize(options.Value.SystemPrompt, null)
            : new JsonObject { ["subtype"] = "mcp_status" }; // Asks nothing and changes nothing: its answer says that the CLI is up.

        // The pool bounds the whole warm-up.
        await connection.RequestAsync(request, Timeout.InfiniteTimeSpan, cancellationToken);
        if (initialize && agent is { McpServers.Count: > 0 })
        {
            await connection.RequestAsync(McpServerJson.SetServers(agent, false, options.Value), Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    // A process is handed out when its warm-up is over: until its binary has proved itself, nobody's text can reach it.
    private async ValueTask ProvedAsync(string binary, Func<CancellationToken, ValueTask> warmUp, CancellationToken cancellationToken)
    {
        using var refused = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var proof = ProveAsync();
        try
        {
            await warmUp(refused.Token);
        }
        finally
        {
            // Its reason outranks what the warm-up of such a CLI failed with.
            await proof;
        }

        async Task ProveAsync()
        {
            if ((await ClaudeCapabilities.OfAsync(binary, home, time)).Problem is { } problem)
            {
                await refused.CancelAsync();
                throw Unavailable(problem);
            }
        }
    }

    // Only for those that are parked: to whoever waits for a start it would be one more thing to wait for.
    private bool CanRehearse() =>
        options.Value.Rehearse && !OperatingSystem.IsWindows() && services.GetService<IOptions<WarmPoolOptions>>() is not { Value.MaxIdle: 0 };

    private async ValueTask WarmUpAndRehearseAsync(ProcessProfile profile, ChildProcess child, CancellationToken cancellationToken)
    {
        var check = new RehearsalCheck(options.Value, time, logger);
        var trial = check.IsSafeAsync(profile);
        await WarmUpAsync(child, null, initialize: true, cancellationToken);
        if (!await trial.WaitAsync(cancellationToken))
        {
            return;
        }

        try
        {
            await Rehearsal.RunAsync(((ClaudeProcess)child.State!).Connection, options.Value.ControlTimeout, time, cancellationToken);
        }
        catch (CliProtocolException fault)
        {
            check.GiveUp(profile, fault);
            throw;
        }
    }

    private static ClaudeException Unavailable(string problem) => new(new TurnError(TurnErrorKind.CliUnavailable, problem));
}
