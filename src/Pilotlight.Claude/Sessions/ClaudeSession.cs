using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Network;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Processes;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Processes;

namespace Pilotlight.Claude.Sessions;

/// <summary>One CLI process that holds one conversation, from its first turn to its eviction.</summary>
/// <remarks>One turn at a time; its owner sees to that. Never goes back to the pool: it has seen a user's words.</remarks>
internal sealed class ClaudeSession : IAsyncDisposable
{
    // A broken-off call is over as soon as the CLI, or its end, has closed its connection.
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(2);

    private readonly WorkerLease<ClaudeProcess> _lease;
    private readonly ClaudeProcessKind _kind;
    private readonly ClaudeOptions _options;
    private readonly TimeProvider _time;
    private readonly ClaudeProcess _process;
    private readonly CliConnection _connection;
    private readonly SessionBinding _binding;
    private readonly SessionOutput _output;
    private readonly SessionControl _control;
    private readonly WireProcess? _wire;
    private readonly ProcessWorkspace? _workspace;
    private CliTotals _totals;
    private CallerCalls? _callers;
    private TurnReader? _awaiting;
    private TurnGate _gate = new(isTold: false);
    private bool _tellsLines;
    private bool _tellsState;
    private IReadOnlyList<CliTask> _between = [];
    private TurnUsage _usedBefore = TurnUsage.None;
    private bool _isInTurn;
    private ToolPermissionRequest? _asked;
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);

    private ClaudeSession(WorkerLease<ClaudeProcess> lease, ClaudeProcessKind kind, ClaudeOptions options, TimeProvider time)
    {
        _lease = lease;
        _kind = kind;
        _options = options;
        _time = time;
        _process = lease.State;
        _connection = _process.Connection;
        _totals = _process.Totals;
        _binding = new SessionBinding(_process, kind.Agent, lease.Process, options, time);
        _wire = (lease.Process.Own as ProcessBelongings)?.Wire;
        _workspace = (lease.Process.Own as ProcessBelongings)?.Workspace;
        _output = new SessionOutput(_connection, lease.Process, options, time);
        _control = new SessionControl(_connection, options);
    }

    /// <summary>What the process was bound to; another conversation state needs another process.</summary>
    public required SessionKey Key { get; init; }

    /// <summary>Whether the process was parked or started for this.</summary>
    public AcquireSource Source => _lease.Source == LeaseSource.Warm ? AcquireSource.Warm : AcquireSource.Cold;

    /// <summary>Whether another turn can run here. Not when a turn was left before its end: nobody knows what the process is doing.</summary>
    public bool IsUsable
    {
        get => field && !_isInTurn && _process.Rehearsal is not { Fault: not null };
        private set;
    } = true;

    /// <summary>Whether its process is up, as far as is known.</summary>
    public bool IsAlive => !_lease.Process.HasExited;

    /// <summary>Whether it has run a turn; one that has not was made ready ahead of its first.</summary>
    public bool HasRun { get; private set; }

    /// <summary>Whether its process has heard a turn, and so all before it.</summary>
    public bool HasHeard(string? turnId) => turnId is null || _heard.Contains(turnId);

    /// <summary>Ends its process at once.</summary>
    public void Kill() => _lease.Process.Kill();

    /// <summary>The pool's profile that its process is of.</summary>
    public string ProcessProfile => _kind.Process.Name;

    /// <summary>The process, for people.</summary>
    public int ProcessId => _lease.Process.Id;

    /// <summary>Whether its process has said anything since the last turn began; one that has not has asked the model nothing.</summary>
    public bool WasHeard { get; private set; }

    /// <summary>Whether it waits with a call that no other process could go on with.</summary>
    public bool IsNeeded { get; private set; }

    /// <summary>Whether a turn can go on here: a process that waits for a decision takes nothing else, and a decision is for it or for a fresh one.</summary>
    public bool Takes(IReadOnlyList<UserContent> content) =>
        (content is [UserToolDecision decision] ? decision.ToolUseId : null) == _asked?.ToolUseId;

    /// <summary>Binds a fresh process to a conversation: system prompt, model, and every earlier message.</summary>
    public static async Task<ClaudeSession> OpenAsync(
        WorkerLease<ClaudeProcess> lease,
        ClaudeProcessKind kind,
        Conversation conversation,
        ClaudeOptions options,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var session = new ClaudeSession(lease, kind, options, time) { Key = SessionKey.Of(conversation) };
        try
        {
            await session.BindAsync(conversation, logger, cancellationToken);
            session.Heard(conversation.LastTurnId);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a turn; its last event ends it. Never throws for the CLI's or the API's faults.</summary>
    /// <remarks>What the turn used is counted on the wire where there is one, which sees every call; else by what the CLI tells.</remarks>
    public async IAsyncEnumerable<TurnEvent> RunAsync(
        Conversation conversation,
        IReadOnlyList<UserContent> content,
        long startedAt,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_wire is null)
        {
            await foreach (var turnEvent in FollowAsync(conversation, content, startedAt, cancellationToken))
            {
                yield return turnEvent;
            }

            yield break;
        }

        var calls = new TurnCalls(conversation.Calls.Observer);
        calls.Resume(_awaiting is null ? TurnUsage.None : _usedBefore);
        var parameters = _wire.IsSignedIn ? CallParameters.None : conversation.Calls.Parameters;
        using var scope = _wire.BeginTurn(conversation.Calls with { Observer = calls, Parameters = parameters });
        var told = TurnUsage.None;
        await foreach (var turnEvent in FollowAsync(conversation, content, startedAt, cancellationToken))
        {
            if (turnEvent is TurnFailed or TurnCancelled)
            {
                // A call that broke off may still be told what it is billed for.
                await Task.WhenAny(calls.Quiet, Task.Delay(CallPatience, _time, CancellationToken.None));
            }

            foreach (var retry in calls.TakeRetries())
            {
                yield return retry;
            }

            if (calls.Any && calls.Total is var used && used != told)
            {
                told = used;
                yield return new UsageGrew(used, calls.Model);
            }

            if (turnEvent is TurnAwaitsTools or TurnAwaitsApproval)
            {
                _usedBefore = calls.Total;
            }

            if (turnEvent is not UsageGrew || !calls.Any)
            {
                yield return Limited(calls.Any ? Counted(turnEvent, calls) : turnEvent, calls);
            }
        }
    }

    private static TurnEvent Counted(TurnEvent turnEvent, TurnCalls calls) => turnEvent switch
    {
        TurnCompleted completed => completed with
        {
            Usage = calls.Total,
            CountedByCli = completed.Usage,
            StopReason = calls.StopReason is "max_tokens" or "stop_sequence" ? calls.StopReason : completed.StopReason,
            StopSequence = calls.StopSequence,
            Upstream = calls.Upstream,
        },
        TurnFailed failed => failed with { Usage = calls.Total, Model = failed.Model ?? calls.Model },
        TurnCancelled cancelled => cancelled with { Usage = calls.Total, Model = cancelled.Model ?? calls.Model },
        TurnAwaitsTools awaits => awaits with { Usage = calls.Total, Model = awaits.Model ?? calls.Model },
        TurnAwaitsApproval awaits => awaits with { Usage = calls.Total, Model = awaits.Model ?? calls.Model },
        _ => turnEvent,
    };

    // A call that the API refused used nothing, and says when the next one may come.
    private static TurnEvent Limited(TurnEvent turnEvent, TurnCalls calls) => turnEvent is TurnFailed failed && calls.RetryAfter is { } wait
        ? failed with { Error = failed.Error with { RetryAfter = wait } }
        : turnEvent;

    private async IAsyncEnumerable<TurnEvent> FollowAsync(
        Conversation conversation,
        IReadOnlyList<UserContent> content,
        long startedAt,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isFresh = !HasRun;
        HasRun = true;
        Heard(conversation.TurnId);

        // A decision is acted upon at once: it is never handed to another process, whatever becomes of this one.
        WasHeard = content is [UserToolDecision];
        var pacing = new TurnPacing(_options, _time);
        TimeSpan? firstToken = null;
        var isConfirmed = false;
        var (reader, fault, isCancelled) = await BeginAsync(conversation, content, isFresh, cancellationToken);
        if (isCancelled)
        {
            IsUsable = false;
            yield return new TurnCancelled("", TurnUsage.None, null);
            yield break;
        }

        _isInTurn = true;
        foreach (var told in _between.SelectMany(reader.Read))
        {
            yield return told;
        }

        _between = [];
        while (fault is null)
        {
            var (message, stopped) = await _output.NextAsync(pacing, reader, _callers, _kind.Agent is null ? null : _process.Waiting, cancellationToken);
            switch (stopped)
            {
                case TurnStop.AwaitsCaller:
                    _awaiting = reader;
                    _isInTurn = false;
                    yield return new TurnAwaitsTools(_callers!.Running, reader.Text, reader.Used) { Model = reader.Model };
                    yield break;
                case TurnStop.AwaitsApproval when _process.Waiting.First is { } asked:
                    (_awaiting, _asked, _isInTurn, IsNeeded) = (reader, asked, false, NeedsProcess(asked, reader));
                    yield return new TurnAwaitsApproval(asked, IsNeeded, reader.Text, reader.Used) { Model = reader.Model };
                    yield break;
                case TurnStop.AwaitsApproval:
                    continue; // It was withdrawn in between.
                case TurnStop.Cancelled:
                    var cancelled = await InterruptAsync(reader);
                    _isInTurn = false;
                    yield return cancelled;
                    yield break;
                case TurnStop.Silent:
                    IsUsable = false;
                    _lease.Process.Kill();
                    yield return Fail(reader, pacing.TimeoutError);
                    yield break;
                case TurnStop.Ended:
                    fault = TurnErrors.FromExit(await _lease.Process.StopAsync());
                    continue;
            }

            WasHeard = true;
            _tellsLines |= message is CliInit init && init.Capabilities.Contains(TurnGate.Capability);
            _tellsState |= message is CliSessionState;
            if (!_gate.Passes(message!))
            {
                if (reader.Count(message!))
                {
                    yield return new UsageGrew(reader.Used, reader.Model);
                }

                continue;
            }

            if (message is CliResult result && (_gate.Ends(result) || reader.Held is not null) && MoreIsToCome(reader, result))
            {
                reader.Hold(result);
                continue;
            }

            if ((message is CliSessionState { IsIdle: true } ? reader.Held : message as CliResult) is { } end && (_gate.Ends(end) || reader.Held is not null))
            {
                _isInTurn = false;
                yield return End(reader, end, firstToken, _time.GetElapsedTime(startedAt));
                yield break;
            }

            if (!isConfirmed && message is CliDelta or CliAssistant)
            {
                isConfirmed = true;
                if (await _binding.RefusalAsync() is { } refusal)
                {
                    await InterruptAsync(reader);
                    yield return Fail(reader, refusal);
                    yield break;
                }
            }

            foreach (var turnEvent in reader.Read(message!))
            {
                _callers?.Note(turnEvent);
                if (firstToken is null && turnEvent is TextDelta or ThinkingDelta)
                {
                    firstToken = _time.GetElapsedTime(startedAt);
                }

                yield return turnEvent;
            }

            if (message is CliMessageDelta { StopReason: "tool_use" } && Lower(conversation.MaxCostUsd, _kind.Agent?.MaxCostUsd) is { } most
                && await _control.SpentAsync(most, _totals.CostUsd ?? 0) is { } spent)
            {
                await InterruptAsync(reader);
                yield return Fail(reader, spent);
                yield break;
            }

            if (pacing.GiveUp(reader.LastRetry) is { } hopeless)
            {
                await InterruptAsync(reader);
                yield return Fail(reader, hopeless);
                yield break;
            }
        }

        IsUsable = false;
        yield return Fail(reader, fault);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // In the middle of a turn a polite end would let the CLI go on, and ask the model what nobody waits for.
        if (_isInTurn || _awaiting is not null)
        {
            _lease.Process.Kill();
        }

        IsUsable = false;
        await _lease.DisposeAsync();
        await _connection.DisposeAsync();
        if (_process.Functions is { } functions)
        {
            await functions.DisposeAsync();
        }
    }

    /// <summary>Sees to it, until it is disposed of, that an agent behind walls uses no more than it may; null without walls.</summary>
    public UseWatch? Watch()
    {
        if (_kind.Agent is not { Sandbox: not SandboxMode.None, Limits: var limits })
        {
            return null;
        }

        var memory = new BoundedUse(() => _lease.Process.OwnMemoryBytes ?? 0, limits.TotalMemory, TurnErrors.MemoryFull);
        return new UseWatch(
            _workspace is not null && WorkspaceSettings.Of(_kind.Agent) is { } settings
                ? [memory, new BoundedUse(() => WorkspaceSize.Of(_workspace.Path), settings.Limit, TurnErrors.WorkspaceFull)]
                : [memory],
            _lease.Process.Kill,
            _time);
    }

    private void Heard(string? turnId)
    {
        if (turnId is not null)
        {
            _heard.Add(turnId);
        }
    }

    private static decimal? Lower(decimal? one, decimal? other) => one is { } first && other is { } second ? Math.Min(first, second) : one ?? other;

    // The CLI says when all is over, and only that tells whether a report is still to be answered.
    private bool MoreIsToCome(TurnReader reader, CliResult result) => _tellsState && reader.Agents.Any && !result.IsError && result.Subtype == "success";

    /// <summary>Brings files back to what they were when a turn of this process began.</summary>
    /// <exception cref="ClaudeException">There is no such checkpoint, or the files could not be brought back.</exception>
    public Task<FileRewind> RewindAsync(Guid checkpoint, bool isTrial, CancellationToken cancellationToken) => _control.RewindAsync(checkpoint, isTrial, cancellationToken);

    private async Task BindAsync(Conversation conversation, ILogger logger, CancellationToken cancellationToken)
    {
        if (_workspace is not null)
        {
            await Task.Run(() => _workspace.Attach(conversation.Id, WorkspaceSettings.Of(_kind.Agent)?.Source), cancellationToken);
        }

        if (!_kind.IsInitialized)
        {
            await _binding.InitializeAsync(conversation, cancellationToken);
        }

        var hasNewModel = conversation.Model is { Length: > 0 } && conversation.Model != _kind.Model;
        if (hasNewModel)
        {
            await _binding.SetModelAsync(conversation.Model!, cancellationToken);
        }

        await _binding.OfferAsync(conversation, cancellationToken);
        _callers = _process.Functions is { HasCallers: true } functions ? new CallerCalls(functions) : null;
        await _binding.TakeUpAsync(conversation, hasNewModel, logger, cancellationToken);
    }

    private async ValueTask<(TurnReader Reader, TurnError? Error, bool IsCancelled)> BeginAsync(
        Conversation conversation, IReadOnlyList<UserContent> content, bool isFresh, CancellationToken cancellationToken)
    {
        _process.Use(conversation, _kind.Agent);
        if (_awaiting is { } resumed)
        {
            (_awaiting, _asked, IsNeeded) = (null, null, false);
            if (content is [UserToolDecision decided] && _process.Waiting.TryAnswer(decided.ToolUseId, decided.Decision))
            {
                return (resumed, null, false);
            }

            if (content.Count > 0 && content.All(part => part is UserToolResult result && _process.Functions!.TryAnswer(result)))
            {
                return (resumed, null, false);
            }

            // He has something else to say: what the model waited for is not to come.
            await InterruptAsync(resumed);
        }

        if (content is [UserToolDecision decision])
        {
            return await TakeUpAsync(conversation, decision, isFresh, cancellationToken);
        }

        // Only a process that has run a turn has background tasks, and with them turns of its own.
        _gate = new TurnGate(_tellsLines, conversation.Checkpoint);
        _between = _output.TakeLeftovers();
        _callers?.Clear();
        await _binding.TuneAsync(conversation);
        var (error, isCancelled) = await TryWriteAsync(content, cancellationToken);
        return (new TurnReader(_totals), error, isCancelled);
    }

    private async ValueTask<(TurnReader Reader, TurnError? Error, bool IsCancelled)> TakeUpAsync(
        Conversation conversation, UserToolDecision decision, bool isFresh, CancellationToken cancellationToken)
    {
        var reader = new TurnReader(_totals);
        if (!isFresh || _lease.Process.Own is not ProcessBelongings own || _binding.SessionId is not { } session
            || conversation.History.LastOrDefault(one => one.Calls?.Any(IsMeant) == true) is not { } message)
        {
            return (reader, TurnErrors.NotTakenUp, false);
        }

        await _binding.TuneAsync(conversation);
        if (await _binding.RefusalAsync() is { } refusal)
        {
            return (reader, refusal, false);
        }

        _gate = new TurnGate(isTold: false);
        try
        {
            var folder = own.WorkingDirectory ?? RealPath.Of(_kind.Process.WorkingDirectory);
            return (reader, await new DecidedCall(_connection, _options, _time).RunAsync((message, message.Calls!.First(IsMeant)), decision.Decision, own.Configuration, folder, session, cancellationToken)
                ? null : TurnErrors.NotTakenUp, false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _lease.Process.Kill();
            return (reader, null, true);
        }
        catch (Exception fault) when (fault is IOException or ChannelClosedException or UnauthorizedAccessException)
        {
            return (reader, TurnErrors.FromExit(await _lease.Process.StopAsync()), false);
        }

        bool IsMeant(HistoryToolCall call) => call.ToolUseId == decision.ToolUseId;
    }

    // A subagent's call is none of the conversation's own; and beside work that goes on by itself the process cannot be let go.
    private static bool NeedsProcess(ToolPermissionRequest asked, TurnReader reader) =>
        asked.AgentId is not null || reader.Agents.AreRunning || !reader.Unfinished.ContainsKey(asked.ToolUseId) || asked.ToolName.StartsWith($"mcp__{FunctionNames.Server}__", StringComparison.Ordinal)
        || reader.Unfinished.Any(call => call.Key != asked.ToolUseId && (call.Value is "Task" or "Agent" || call.Value.StartsWith("mcp__", StringComparison.Ordinal)));

    private async ValueTask<(TurnError? Error, bool IsCancelled)> TryWriteAsync(IReadOnlyList<UserContent> content, CancellationToken cancellationToken)
    {
        // Not the turn's token: half a line would end the process.
        var node = UserContentJson.From(content);
        var writing = _connection.WriteAsync(writer => CliLines.User(writer, node, id: _gate.LineId), CancellationToken.None).AsTask();
        try
        {
            await writing.WaitAsync(_options.SilenceTimeout, _time, cancellationToken);
            return default;
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            return (TurnErrors.FromExit(await _lease.Process.StopAsync()), false);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            // A process that does not read; the write ends with it.
            _lease.Process.Kill();
            await writing.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return fault is TimeoutException
                ? (new TurnError(TurnErrorKind.Timeout, $"The CLI took no input for {_options.SilenceTimeout}. Send the message again."), false)
                : (null, true);
        }
    }

    private async ValueTask<TurnEvent> InterruptAsync(TurnReader reader)
    {
        if (!_gate.IsOpen || reader.Held is not null)
        {
            // What runs is a turn of the CLI's own, or subagents; interrupted, it would go on with the line that waits, or with their reports.
            IsUsable = false;
            _lease.Process.Kill();
            return new TurnCancelled(reader.Text, reader.Used, null) { Model = reader.Model };
        }

        using var limit = new CancellationTokenSource(_options.InterruptTimeout, _time);
        try
        {
            _ = await _connection.SendRequestAsync(new JsonObject { ["subtype"] = "interrupt" }, limit.Token);
            while (true)
            {
                // The next user line must not be sent before this turn's result: the CLI would take it for the same turn's.
                var message = await _connection.Messages.ReadAsync(limit.Token);
                if (message is CliResult result)
                {
                    var model = reader.Account(result);
                    _totals = reader.After;
                    return new TurnCancelled(reader.Text, reader.Used, reader.CostUsd) { Model = model };
                }

                reader.Count(message);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or ChannelClosedException or IOException or InvalidOperationException)
        {
            IsUsable = false;
            _lease.Process.Kill();
            return new TurnCancelled(reader.Text, reader.Used, null) { Model = reader.Model };
        }
    }

    private TurnEvent End(TurnReader reader, CliResult result, TimeSpan? firstToken, TimeSpan duration)
    {
        if (!result.IsError && result.Subtype == "success")
        {
            var completed = reader.Complete(result, firstToken, duration);
            _totals = reader.After;
            return completed;
        }

        var model = reader.Account(result);
        _totals = reader.After;

        // Its context holds the failed exchange in a shape that is the CLI's own affair: the next turn replays what is stored.
        IsUsable = false;
        return new TurnFailed(Limited(TurnErrors.FromResult(result, reader.LastRetry), reader), reader.Text, reader.Used, reader.CostUsd) { Model = model };
    }

    private TurnFailed Fail(TurnReader reader, TurnError error)
    {
        IsUsable = false;
        return new TurnFailed(Limited(error, reader), reader.Text, reader.Used, reader.CostUsd) { Model = reader.Model };
    }

    private TurnError Limited(TurnError error, TurnReader reader) =>
        error.Kind == TurnErrorKind.RateLimited && (reader.LimitedUntil ?? LimitText.EndOf(error.Message)) - _time.GetUtcNow() is { } wait && wait > TimeSpan.Zero ? error with { RetryAfter = wait } : error;
}
