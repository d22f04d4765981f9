using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Context;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Telemetry;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;
using Pilotlight.Processes;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>The turns of one server, on a store and an adapter of the test's.</summary>
internal sealed class EngineRig<TStore>(TStore store, IClaudeConversations conversations) : IDisposable
    where TStore : ITurnStore, IThreadStore
{
    private readonly IOptions<LimitOptions> _limits = Options.Create(new LimitOptions());
    private readonly IOptions<ClaudeOptions> _claude = Options.Create(new ClaudeOptions());
    private readonly TurnTelemetry _telemetry = new();

    public FakeTimeProvider Time { get; } = new();

    public ServerEpoch Epoch { get; } = new() { Value = 7 };

    public ITurnNodes Nodes { get; init; } = new NoOtherNodes();

    public bool IsNode { get; init; }

    public IOptions<RelayOptions> Relay { get; } = Options.Create(new RelayOptions());

    public IReservationStore Reservations { get; init; } = new NoReservations();

    public UsageLog Log { get; init; } = new(Options.Create(new ServerOptions()));

    public TurnPlaces Places => field ??= new TurnPlaces(Relay, Options.Create(new WarmPoolOptions()), _telemetry);

    public RunningTurns Running => field ??= new RunningTurns(Places, Relay, Time, NullLogger<RunningTurns>.Instance);

    public TurnIntake Intake => field ??= new TurnIntake(
        store, new HotThreads(store), new ContextLimits(_limits, _claude), Admission, Epoch, _claude, Time);

    public StoredTurns Stored => field ??= new StoredTurns(Runner, Running, Places, Epoch, new TurnNews(new ThreadNews()), _claude, _limits, Time);

    private StoredTurnRunner Runner => field ??= new StoredTurnRunner(
        Engine, conversations, Waits, Resumed, store, new StoredJournals(store, Intake, Waits, Relay, Options.Create(new ServerOptions()), Time), _claude, Time,
        NullLogger<StoredTurnRunner>.Instance);

    private ResumedTurns Resumed => field ??= new ResumedTurns(Intake, Waits, Approvals, store, Admission, Reservations, Keys, Relay, Time);

    public TurnService Service => field ??= new TurnService(Intake, Stored, Running, Waits, Places, Nodes, store, store, Time, NullLogger<TurnService>.Instance);

    public FakeApprovals Approvals { get; } = new();

    public WaitingTurns Waits => field ??= new WaitingTurns(conversations, Approvals, _claude, Epoch, Time);

    public ApprovalService Answers => field ??= new ApprovalService(Approvals, store, null!, Stored, Waits, Places, Nodes, Epoch, Time, NullLogger<ApprovalService>.Instance);

    public CallTurns Calls => field ??= new CallTurns(Engine, Running, Places, Admission, Reservations, Epoch, _limits, _claude, Time);

    public ServerLife Life => field ??= new ServerLife(
        store, Reservations, Stored, Answers, Running, conversations, Epoch, Log, _limits, Relay, Options.Create(new ServerOptions { Node = "me", IsNode = IsNode }), Time, NullLogger<ServerLife>.Instance);

    private KeyService Keys => field ??= new KeyService(null!, Time);

    private TurnEngine Engine => field ??= new TurnEngine(Reservations, Log, _limits, _telemetry, Time, NullLogger<TurnEngine>.Instance);

    private Admission Admission => field ??= new Admission(Epoch, _limits, _claude, Time);

    public void Dispose()
    {
        Log.Dispose();
        _telemetry.Dispose();
        Keys.Dispose();
        Answers.Dispose();
    }
}

/// <summary>Approvals that a test gives.</summary>
internal sealed class FakeApprovals : IApprovalStore
{
    public List<Approval> All { get; } = [];

    public Task<IReadOnlyList<Approval>> ListAsync(string threadId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Approval>>([.. All]);

    public Task<Approval?> FindAsync(string threadId, string approvalId, CancellationToken cancellationToken) => Task.FromResult(All.Find(one => one.Id == approvalId));

    public Task<Approval?> FindLastAsync(string turnId, CancellationToken cancellationToken) => Task.FromResult(All.FindLast(one => one.TurnId == turnId));

    public Task<IReadOnlyList<(Approval Approval, string By)>> ListOverdueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<(Approval, string)>>([.. All.Where(one => one.State == ApprovalState.Pending && one.ExpiresAt <= now).Select(one => (one, ApprovalDecision.Deadline))]);

    public Task<IReadOnlyList<RememberedDecision>> ListRememberedAsync(string threadId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RememberedDecision>>([]);
}

/// <summary>Holds everything, counts nothing.</summary>
internal sealed class NoReservations : IReservationStore
{
    public Task<ReserveResult> ReserveAsync(Reservation reservation, DateTimeOffset at, CancellationToken cancellationToken) =>
        Task.FromResult(new ReserveResult(ReserveStatus.Reserved));

    public Task<CallHoldResult> HoldAsync(string reservationId, KeyLimits limits, CallHold hold, DateTimeOffset at, CancellationToken cancellationToken) =>
        Task.FromResult(new CallHoldResult(hold.Wanted, null));

    public Task NoteAsync(string reservationId, Bill used, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SettleAsync(string reservationId, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task BookLateAsync(string keyId, Bill bill, DateTimeOffset at, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SettleNotedAsync(string reservationId, DateTimeOffset at, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ListAsync(long epoch, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<int> CountAsync(string keyId, CancellationToken cancellationToken) => Task.FromResult(0);
}

/// <summary>An adapter that says what a test tells it to, and ends as told when it is stopped.</summary>
internal sealed class ScriptedConversations(params IEnumerable<TurnEvent> script) : IClaudeConversations
{
    /// <summary>Completes when all but the last of the script has been said.</summary>
    public TaskCompletionSource Said { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set: the last of the script waits for it, or for a stop.</summary>
    public TaskCompletionSource? Gate { get; init; }

    public async IAsyncEnumerable<TurnEvent> RunTurnAsync(
        Conversation conversation,
        IReadOnlyList<UserContent> content,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var all = script.ToArray();
        var used = TurnUsage.None;
        foreach (var turnEvent in all[..^1])
        {
            used = turnEvent is UsageGrew grew ? grew.Usage : used;
            await Task.Yield();
            yield return turnEvent;
        }

        Said.TrySetResult();
        if (Gate is not null)
        {
            await Task.WhenAny(Gate.Task, Task.Delay(Timeout.Infinite, cancellationToken));
        }

        yield return cancellationToken.IsCancellationRequested ? new TurnCancelled("", used, null) : all[^1];
    }

    public Task WarmAsync(Conversation conversation, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<FileRewind> RewindFilesAsync(string conversationId, Guid checkpoint, bool isTrial, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IReadOnlyDictionary<string, int> CountHot() => throw new NotSupportedException();

    public IReadOnlyList<HotConversation> ListHot() => throw new NotSupportedException();

    /// <summary>The conversations whose process was let go.</summary>
    public List<string> Forgotten { get; } = [];

    /// <summary>How often all processes were ended at once.</summary>
    public int EndedAll => _endedAll;

    public TaskCompletionSource EndedOnce { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _endedAll;

    public Task EndAllAsync()
    {
        Interlocked.Increment(ref _endedAll);
        EndedOnce.TrySetResult();
        return Task.CompletedTask;
    }

    public ValueTask ForgetAsync(string conversationId, CancellationToken cancellationToken)
    {
        Forgotten.Add(conversationId);
        return ValueTask.CompletedTask;
    }
}
