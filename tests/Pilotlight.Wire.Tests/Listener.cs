using System.Collections.Concurrent;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Tests;

/// <summary>Remembers what a relay tells of calls.</summary>
internal sealed class Listener : ICallObserver
{
    private readonly TaskCompletionSource<CallReport> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<(CallInfo Call, CallReport Report)> Ends { get; } = new();

    public ConcurrentQueue<CallRetry> Retries { get; } = new();

    public ConcurrentQueue<CallUsage> Usages { get; } = new();

    public ConcurrentQueue<string> Order { get; } = new();

    /// <summary>The first call's end.</summary>
    public Task<CallReport> FirstEnd => _ended.Task;

    public void Started(CallInfo info) => Order.Enqueue("started");

    public void Retrying(CallInfo info, CallRetry retry) => Retries.Enqueue(retry);

    public void Answered(CallInfo info, CallAnswer answer) => Order.Enqueue("answered");

    public void FirstText(CallInfo info, TimeSpan after) => Order.Enqueue("text");

    public void Used(CallInfo info, CallUsage usage)
    {
        Order.Enqueue("used");
        Usages.Enqueue(usage);
    }

    public void Ended(CallInfo info, CallReport report)
    {
        Order.Enqueue("ended");
        Ends.Enqueue((info, report));
        _ended.TrySetResult(report);
    }
}
