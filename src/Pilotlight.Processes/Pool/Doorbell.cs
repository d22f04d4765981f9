namespace Pilotlight.Processes;

/// <summary>Tells the controller that something changed.</summary>
/// <remarks>
/// Safe for concurrent use. A ring is a coalesced work item, which costs the caller a compare-and-set while one is under way.
/// </remarks>
internal sealed class Doorbell : IThreadPoolWorkItem
{
    private Action? _answer;
    private int _rung;

    public Doorbell() => Ring = RingOnce;

    /// <summary>Rings; made once, so that handing it on allocates nothing.</summary>
    public Action Ring { get; }

    /// <summary>Who comes to the door.</summary>
    public void AnswerWith(Action answer) => Volatile.Write(ref _answer, answer);

    void IThreadPoolWorkItem.Execute()
    {
        // Cleared before looking: what changes from here on rings again.
        Interlocked.Exchange(ref _rung, 0);
        Volatile.Read(ref _answer)?.Invoke();
    }

    private void RingOnce()
    {
        if (Interlocked.Exchange(ref _rung, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
