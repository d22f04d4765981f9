using System.Runtime.CompilerServices;
using Orleans.Runtime;
using Pilotlight.Claude.Turns;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Calls;

/// <summary>A call's turn that another node runs, as this one's connection sees it. One reader.</summary>
internal sealed class RemoteCall(string id, ICallService node, Action<Exception> doubt, TimeProvider time) : ICallTurn
{
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(2);

    private CallBatch? _first;
    private bool _isOver;

    public string? Upstream { get; private set; }

    /// <summary>Waits until it runs; false when that node does not take it, and has run nothing.</summary>
    /// <exception cref="ProblemException">It may not run.</exception>
    public async Task<bool> BeginAsync()
    {
        do
        {
            _first = await TryReadAsync();
            if (_first is { Problem: { } problem })
            {
                throw NodeProblems.Read(problem);
            }
        }
        while (_first is { HasBegun: false, IsOver: false });

        // One that does not answer may have begun it.
        return _first is null or { HasBegun: true };
    }

    public async IAsyncEnumerable<TurnEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var batch = _first; !_isOver; batch = await TryReadAsync(cancellationToken))
        {
            if (batch is not { HasBegun: true } || CallEvent.TryRead(batch.Events) is not { } events)
            {
                yield return Lost;
                yield break;
            }

            (_isOver, Upstream) = (batch.IsOver, batch.Upstream);
            foreach (var turnEvent in events)
            {
                yield return turnEvent;
            }
        }
    }

    // Nobody waits for the answer: what is not read any more ends by itself there.
    public Task CancelAsync()
    {
        if (!_isOver)
        {
            node.CancelAsync(id).Ignore();
        }

        return Task.CompletedTask;
    }

    // As when a server stops in the middle: those who send it again have it run elsewhere, its history replayed.
    private static TurnFailed Lost { get; } = new(
        new TurnError(TurnErrorKind.Overloaded, "The node that ran the turn went away in the middle of it. Send the request again."), "", TurnUsage.None, null);

    private async Task<CallBatch?> TryReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await node.ReadAsync(id).WaitAsync(ReadPatience, time, cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            doubt(fault);
            return null;
        }
    }
}
