using System.Collections.Concurrent;
using System.Diagnostics;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Peers;

/// <summary>
/// The design we began from, small: a queue of two pre-spawned text-mode processes, topped up by a loop that looks every 100 ms,
/// taken without waiting, checked for life, and replaced by a cold start when there is none.
/// </summary>
internal sealed class SeedPool(CliUnderTest machine) : IAsyncDisposable
{
    private const int Size = 2;

    private readonly ConcurrentQueue<Process> _queue = new();
    private readonly Dictionary<TimeSpan, List<(double Milliseconds, bool Lived)>> _acquired = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _refill = Task.CompletedTask;

    /// <summary>Fills the queue, lets it idle, and asks.</summary>
    public async Task<double> RunAsync(TimeSpan idle)
    {
        await EmptyAsync();
        using var round = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _refill = RefillAsync(round.Token);
        await Task.Delay(idle);

        var startedAt = Stopwatch.GetTimestamp();
        var lived = _queue.TryDequeue(out var process) && !process.HasExited;
        if (!lived)
        {
            process?.Dispose();
            process = machine.StartTextMode();
        }

        var acquired = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
        var first = await CliUnderTest.AskAsync(process!, startedAt);
        process!.Dispose();
        if (first is null)
        {
            // It was alive when it was looked at, and gave up before the prompt came.
            lived = false;
            using var another = machine.StartTextMode();
            first = await CliUnderTest.AskAsync(another, startedAt);
        }

        if (!_acquired.TryGetValue(idle, out var list))
        {
            _acquired[idle] = list = [];
        }

        list.Add((acquired, lived));
        await round.CancelAsync();
        await _refill;
        return first ?? throw new InvalidOperationException("The seed's design gave no text.");
    }

    public double AcquireMedian(TimeSpan idle) => Quantiles.Median(_acquired[idle].Select(one => one.Milliseconds));

    public int Survived(TimeSpan idle) => _acquired[idle].Count(one => one.Lived);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _refill;
        await EmptyAsync();
        _stop.Dispose();
    }

    private async Task RefillAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            while (_queue.Count < Size)
            {
                _queue.Enqueue(machine.StartTextMode());
            }

            await Task.Delay(100, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task EmptyAsync()
    {
        while (_queue.TryDequeue(out var process))
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }
    }
}
