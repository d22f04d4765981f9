namespace Pilotlight.WebConsole.Elements;

/// <summary>Draws at most so often: at once after a rest, and once more when the pause after the last time is over.</summary>
/// <remarks>Used in its circuit's own order.</remarks>
internal sealed class RenderPace(TimeProvider time, TimeSpan pause, Func<Action, Task> dispatch, Action render) : IDisposable
{
    private ITimer? _timer;
    private long? _last;
    private bool _isDue;
    private bool _isGone;

    public void Ask()
    {
        if (_isDue || _isGone)
        {
            return;
        }

        var left = _last is { } last ? pause - time.GetElapsedTime(last) : TimeSpan.Zero;
        if (left <= TimeSpan.Zero)
        {
            Draw();
            return;
        }

        _isDue = true;
        _timer ??= time.CreateTimer(_ => _ = dispatch(Draw), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(left, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _isGone = true;
        _timer?.Dispose();
    }

    private void Draw()
    {
        (_isDue, _last) = (false, time.GetTimestamp());
        if (!_isGone)
        {
            render();
        }
    }
}
