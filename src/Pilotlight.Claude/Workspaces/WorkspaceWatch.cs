namespace Pilotlight.Claude.Workspaces;

/// <summary>Looks once a second, while an agent works, whether its workspace has grown too large; then it ends the agent.</summary>
/// <remarks>The system has no limit for a folder. What is written within a second is bounded by the disk's pace alone.</remarks>
internal sealed class WorkspaceWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ITimer _timer;
    private volatile bool _isFull;

    public WorkspaceWatch(string folder, long limit, Action end, TimeProvider time) => _timer = time.CreateTimer(
        _ =>
        {
            if (!_isFull && WorkspaceSize.Of(folder) > limit)
            {
                _isFull = true;
                end();
            }
        },
        null,
        Interval,
        Interval);

    /// <summary>Whether it was ended.</summary>
    public bool IsFull => _isFull;

    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
