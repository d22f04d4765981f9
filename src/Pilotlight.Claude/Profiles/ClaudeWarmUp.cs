using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Network;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;
using Pilotlight.Wire.Rehearsals;

namespace Pilotlight.Claude.Profiles;

/// <summary>Brings a started CLI to where it can be parked: connected, initialized, rehearsed, and its binary proved.</summary>
internal sealed class ClaudeWarmUp(
    ClaudeOptions options, ClaudeHome home, ProcessFolders folders, ClaudeRelay relay, TimeProvider time, IServiceProvider services, ILogger logger)
{
    private readonly RehearsalCheck _check = new(options, folders, relay, time, logger);

    /// <summary>The warm-up of a profile's processes.</summary>
    /// <param name="profile">The profile that it is for, its warm-up left out.</param>
    /// <param name="agent">Its settings; null is the chat profile.</param>
    /// <param name="initialize">Whether the default system prompt is set.</param>
    public Func<ChildProcess, CancellationToken, ValueTask<ClaudeProcess>> For(ProcessProfile profile, AgentProfileOptions? agent, bool initialize)
    {
        var rehearse = initialize && agent is null && CanRehearse();
        return (child, cancellationToken) => ProvedAsync(
            profile.FileName,
            limit => rehearse ? WarmUpAndRehearseAsync(profile, child, limit) : WarmUpAsync(child, agent, initialize, limit),
            cancellationToken);
    }

    private async ValueTask<ClaudeProcess> WarmUpAsync(ChildProcess child, AgentProfileOptions? agent, bool initialize, CancellationToken cancellationToken)
    {
        var connection = new CliConnection(child.Output, child.Input, time, options.MaxLineBytes);
        var process = new ClaudeProcess(connection, agent, services, logger);
        var request = initialize
            ? process.Initialize(options.SystemPrompt, null)
            : new JsonObject { ["subtype"] = "mcp_status" }; // Asks nothing and changes nothing: its answer says that the CLI is up.

        // The pool bounds the whole warm-up.
        await connection.RequestAsync(request, Timeout.InfiniteTimeSpan, cancellationToken);
        if (initialize && agent is { McpServers.Count: > 0 })
        {
            await connection.RequestAsync(McpServerJson.SetServers(agent, false, options), Timeout.InfiniteTimeSpan, cancellationToken);
        }

        return process;
    }

    // A process is handed out when its warm-up is over: until its binary has proved itself, nobody's text can reach it.
    private async ValueTask<ClaudeProcess> ProvedAsync(string binary, Func<CancellationToken, ValueTask<ClaudeProcess>> warmUp, CancellationToken cancellationToken)
    {
        using var refused = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var proof = ProveAsync();
        try
        {
            await relay.StartAsync().WaitAsync(cancellationToken);
            return await warmUp(refused.Token);
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
                throw new ClaudeException(new TurnError(TurnErrorKind.CliUnavailable, problem));
            }
        }
    }

    /// <summary>Whether processes that are parked initialized are rehearsed whole, as far as is known by now.</summary>
    /// <param name="binary">Their CLI.</param>
    public bool RehearsesWhole(string binary) => CanRehearse() && _check.IsWholeWanted && !RehearsalCheck.HasFailedWhole(binary);

    // Only for those that are parked: to whoever waits for a start it would be one more thing to wait for.
    private bool CanRehearse() => options.Rehearse && services.GetService<IOptions<WarmPoolOptions>>() is not { Value.MaxIdle: 0 };

    private async ValueTask<ClaudeProcess> WarmUpAndRehearseAsync(ProcessProfile profile, ChildProcess child, CancellationToken cancellationToken)
    {
        var trial = _check.FormAsync(profile);
        var process = await WarmUpAsync(child, null, initialize: true, cancellationToken);
        var form = await trial.WaitAsync(cancellationToken);
        try
        {
            switch (form)
            {
                case RehearsalForm.Relayed when child.Own is ProcessBelongings { Wire: { IsSignedIn: false } wire }:
                    process.Rehearsal = wire.BeginRehearsal(new WireRehearsalOptions
                    {
                        SystemPrompt = options.SystemPrompt,
                        OnFault = fault => _check.GiveUp(profile, form, fault),
                    });
                    process.Totals = await RelayedRehearsal.RunAsync(process.Connection, process.Rehearsal, options.ControlTimeout, time, cancellationToken);
                    break;
                case RehearsalForm.Blocked:
                    await Rehearsal.RunAsync(process.Connection, options.ControlTimeout, time, cancellationToken);
                    break;
            }

            return process;
        }
        catch (CliProtocolException fault)
        {
            _check.GiveUp(profile, form, fault.Message);
            throw;
        }
    }
}
