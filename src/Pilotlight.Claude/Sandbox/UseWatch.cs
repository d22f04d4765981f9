using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Sandbox;

/// <summary>Something that an agent uses, which the system itself does not bound.</summary>
/// <param name="Measure">How much it uses now, in bytes.</param>
/// <param name="Limit">How much it may.</param>
/// <param name="Error">What its turn ends with beyond that.</param>
internal sealed record BoundedUse(Func<long> Measure, long Limit, TurnError Error);

/// <summary>Looks once a second, while an agent works, whether it uses more than it may; then it ends the agent.</summary>
/// <remarks>What is used within a second is bounded by the machine's pace alone.</remarks>
internal sealed class UseWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<BoundedUse> _uses;
    private readonly Action _end;
    private readonly ITimer _timer;
    private TurnError? _exceeded;
    private int _isLooking;

    public UseWatch(IReadOnlyList<BoundedUse> uses, Action end, TimeProvider time)
    {
        (_uses, _end) = (uses, end);
        _timer = time.CreateTimer(_ => Look(), null, Interval, Interval);
    }

    /// <summary>What the agent was ended for; null when it was not.</summary>
    public TurnError? Exceeded => Volatile.Read(ref _exceeded);

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    // A look at many files or processes may take longer than the time between two.
    private void Look()
    {
        if (Exceeded is not null || Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        if (_uses.FirstOrDefault(use => use.Measure() > use.Limit) is { } exceeded)
        {
            Volatile.Write(ref _exceeded, exceeded.Error);
            _end();
        }

        Volatile.Write(ref _isLooking, 0);
    }
}
