using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;
using Pilotlight.Wire;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Gateway.Direct;

/// <summary>The beginning of the API's answer.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Upstream">Who answered; null when the relay itself did.</param>
internal sealed record AnswerHead(int Status, IReadOnlyList<KeyValuePair<string, string[]>> Headers, string? Upstream);

/// <summary>A call that passes to the API and back as it is: byte for byte, only counted. One instance a call.</summary>
/// <remarks>The turn's engine reads the API's answer, the caller's connection writes it on; when that goes, the call ends, and is booked.</remarks>
internal sealed class PassedTurn(Relay relay, DirectCall call, string model, CallLedger ledger) : ITurnSource, ITurnJournal
{
    // So many pieces may wait for a slow reader; then the API waits too.
    private const int MostWaiting = 64;
    private const int PieceBytes = 16 * 1024;

    private readonly TaskCompletionSource<AnswerHead> _head = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<ReadOnlyMemory<byte>> _pieces = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true });

    private readonly DirectCallFacts _facts = new();

    /// <summary>Completes with the answer's beginning; is cancelled when there is none.</summary>
    public Task<AnswerHead> Head => _head.Task;

    /// <summary>The answer's body as it comes.</summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => _pieces.Reader.ReadAllAsync(cancellationToken);

    public async IAsyncEnumerable<TurnEvent> RunAsync(WireTurn calls, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (answer, fault) = await SendAsync(calls, cancellationToken);
        if (answer is null)
        {
            yield return fault!;
            yield break;
        }

        using (answer)
        {
            _head.TrySetResult(new AnswerHead(answer.Status, [.. answer.Headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToArray()))], answer.Upstream));
            var told = TurnUsage.None;
            while (await PassAsync(answer, cancellationToken))
            {
                if (_facts.Used is var used && used != told)
                {
                    told = used;
                    yield return new UsageGrew(used, _facts.Report?.Model);
                }
            }
        }

        yield return End(answer.Status, cancellationToken);
    }

    public bool HasWork(bool isMoreThere) => false;

    public ValueTask<bool> WorkAsync(Task next) => new(true);

    public void Add(TurnEvent turnEvent)
    {
    }

    public async Task EndAsync(TurnEnd end)
    {
        // The answer has passed already; a store that is away keeps nobody waiting.
        _head.TrySetCanceled();
        var booking = Task.Run(() => ledger.SettleAsync(end.Bill));
        await booking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _pieces.Writer.TryComplete();
        await booking;
    }

    private async Task<(DirectAnswer? Answer, TurnEvent? Fault)> SendAsync(WireTurn calls, CancellationToken cancellationToken)
    {
        _facts.Next = calls.Observer;
        try
        {
            return (await relay.SendAsync(call with { Turn = call.Turn with { Budget = calls.Budget, Trace = calls.Trace, Observer = _facts } }, cancellationToken), null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (null, new TurnCancelled("", _facts.Used, null));
        }
    }

    private async ValueTask<bool> PassAsync(DirectAnswer answer, CancellationToken cancellationToken)
    {
        try
        {
            var piece = new byte[PieceBytes];
            var length = await answer.Body.ReadAsync(piece, cancellationToken);
            if (length == 0)
            {
                return false;
            }

            await _pieces.Writer.WriteAsync(piece.AsMemory(0, length), cancellationToken);
            return true;
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or OperationCanceledException)
        {
            return false; // The wire's report says how it ended.
        }
    }

    private TurnEvent End(int status, CancellationToken cancellationToken)
    {
        var answered = _facts.Report?.Model;
        return cancellationToken.IsCancellationRequested ? new TurnCancelled("", _facts.Used, null) { Model = answered }
            : status is >= 200 and < 300 && _facts.Report is { Outcome: CallOutcome.Completed }
                ? new TurnCompleted("", answered ?? model, _facts.Used, null, _facts.Report.StopReason, _facts.Report.TimeToFirstText, _facts.Report.Duration)
                : new TurnFailed(
                    new TurnError(DirectErrors.KindOf(status, _facts.Report?.Error ?? ""), $"The API's answer with status {status} did not end well.", status), "", _facts.Used, null) { Model = answered };
    }
}
