namespace Pilotlight.Tool.Serving;

/// <summary>Ends the program when an orderly stop takes longer than its parts were given together.</summary>
/// <remarks>What is left behind then is ended by the guardian, and unfinished turns become interrupted at the next start.</remarks>
internal sealed class StopDeadline : IDisposable
{
    private const int Failed = 1;

    private readonly CancellationTokenRegistration _stopping;
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private ITimer? _timer;
    private long _since;

    public StopDeadline(IHostApplicationLifetime lifetime, TimeSpan limit, TimeProvider time)
    {
        (_time, _limit) = (time, limit);
        _stopping = lifetime.ApplicationStopping.Register(Begin);
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _timer?.Dispose();
        if (_since != 0)
        {
            Console.WriteLine($"Pilotlight has stopped after {_time.GetElapsedTime(_since).TotalSeconds:0.0} s.");
        }
    }

    private void Begin()
    {
        _since = _time.GetTimestamp();
        _timer = _time.CreateTimer(_ => End(), null, _limit, Timeout.InfiniteTimeSpan);
    }

    private void End()
    {
        Console.Error.WriteLine($"Pilotlight did not stop in order within {_limit.TotalSeconds:0} s and ends now. Turns that were running are marked as interrupted at the next start.");
        Environment.Exit(Failed);
    }
}
