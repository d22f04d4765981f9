using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>What a turn has used so far is in the store as soon as the API has told it.</summary>
public sealed class UsageNotesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly NoteStore _store = new();
    private readonly UsageLog _log = new(Options.Create(new ServerOptions()));
    private readonly RunningTurn _turn = new(new TurnLease("use_1", "local", 1, "sonnet", new NoPlace(), new ServerEpoch(), new LimitOptions()), 0, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task What_the_wire_hears_is_noted_without_waiting_for_the_process_and_side_calls_are_added_under_the_main_model()
    {
        await using var notes = New();

        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 1 });
        Assert.Equal(new TurnUsage(10, 1, 0, 0), (await NotedAsync()).Usage);
        notes.Used(Info(2, CallPurpose.Subagent, "claude-small"), new CallUsage { InputTokens = 5, OutputTokens = 1 });
        var both = await NotedAsync();
        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 40 });
        var whole = await NotedAsync();

        Assert.Equal(("claude-x", new TurnUsage(15, 2, 0, 0)), (both.Model, both.Usage));
        Assert.Equal(("claude-x", new TurnUsage(15, 41, 0, 0)), (whole.Model, whole.Usage));
        Assert.Equal(whole.Usage, _turn.Lease.Bill.Usage);
    }

    [Fact]
    public async Task A_note_that_fails_holds_up_neither_the_next_one_nor_the_end()
    {
        await using var notes = New();
        _store.Failing = () => new InvalidOperationException("Nobody thought of this.");
        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10 });
        await _store.Failed.Task.WaitAsync(Patience, Token);
        _store.Failing = null;

        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 3 });

        Assert.Equal(new TurnUsage(10, 3, 0, 0), (await NotedAsync()).Usage);
    }

    [Fact]
    public async Task What_grows_while_a_note_is_written_is_noted_after_it_and_the_same_is_not_noted_twice()
    {
        await using var notes = New();
        _store.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 1 });
        Assert.Equal(1, (await NotedAsync()).Usage.OutputTokens);
        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 2 });
        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 3 });

        _store.Gate.SetResult();
        Assert.Equal(3, (await NotedAsync()).Usage.OutputTokens);
        notes.Note();
        await notes.DisposeAsync();

        Assert.False(_store.Noted.Reader.TryRead(out _));
    }

    [Fact]
    public async Task What_the_api_tells_after_the_turn_was_booked_is_booked_once_more_and_no_word_twice()
    {
        await using var notes = New();
        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 1 });
        await NotedAsync();
        var booked = _turn.Lease.Bill.Usage;
        notes.Used(Info(1, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 10, OutputTokens = 4 });

        notes.Settled(booked);
        notes.Used(Info(2, CallPurpose.Main, "claude-x"), new CallUsage { InputTokens = 7, OutputTokens = 1 });
        notes.Ended(Info(2, CallPurpose.Main, "claude-x"), new CallReport { Usage = new CallUsage { InputTokens = 7, OutputTokens = 1 }, Outcome = CallOutcome.Abandoned });

        TurnUsage[] late = [(await LateAsync()).Usage, (await LateAsync()).Usage];
        Assert.Equal([new TurnUsage(0, 3, 0, 0), new TurnUsage(7, 1, 0, 0)], late.OrderBy(usage => usage.InputTokens));
        Assert.False(_store.Late.Reader.TryRead(out _));
    }

    [Fact]
    public async Task The_upstream_that_answered_is_the_turns()
    {
        await using var notes = New();
        notes.Answered(Info(1, CallPurpose.Main, "claude-x"), new CallAnswer("second", 2, 200, TimeSpan.Zero));
        Assert.Equal("second", _turn.Upstream);
    }

    private UsageNotes New() => new(_turn, _log, _store, new LateUsage(_turn.Lease, _store, new LimitOptions(), TimeProvider.System, CancellationToken.None));

    private async Task<Bill> LateAsync() => await _store.Late.Reader.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);

    private async Task<Bill> NotedAsync() => await _store.Noted.Reader.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);

    private static CallInfo Info(long id, CallPurpose purpose, string model) =>
        new() { Id = id, Purpose = purpose, Model = model, IsStreaming = true, MaxTokens = null, RequestBytes = 100 };

    private sealed class NoPlace : IDisposable
    {
        public void Dispose()
        {
        }
    }

    private sealed class NoteStore : IReservationStore
    {
        public Channel<Bill> Noted { get; } = Channel.CreateUnbounded<Bill>();

        public Func<Exception>? Failing { get; set; }

        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource? Gate { get; set; }

        public async Task NoteAsync(string reservationId, Bill used, CancellationToken cancellationToken)
        {
            if (Failing is not null)
            {
                Failed.TrySetResult();
                throw Failing();
            }

            Noted.Writer.TryWrite(used);
            if (Gate is not null)
            {
                await Gate.Task;
            }
        }

        public Task<ReserveResult> ReserveAsync(Reservation reservation, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<CallHoldResult> HoldAsync(string reservationId, KeyLimits limits, CallHold hold, DateTimeOffset at, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task SettleAsync(string reservationId, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Channel<Bill> Late { get; } = Channel.CreateUnbounded<Bill>();

        public Task BookLateAsync(string keyId, Bill bill, DateTimeOffset at, CancellationToken cancellationToken) => Late.Writer.WriteAsync(bill, cancellationToken).AsTask();

        public Task SettleNotedAsync(string reservationId, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ListAsync(long epoch, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<int> CountAsync(string keyId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
