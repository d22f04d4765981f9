namespace Pilotlight.Processes;

/// <summary>
/// Looks at a program's file now and then, beside the controller: a file on a dead network drive can take for ever to look at.
/// </summary>
/// <remarks>The controller owns it; <see cref="Stamp"/> may be read by anybody.</remarks>
internal sealed class ProgramWatch(string fileName, TimeSpan interval, TimeProvider time, Action ring)
{
    private ProgramStamp? _stamp;
    private long? _lookedAt;
    private int _isLooking;

    /// <summary>The file as it was last seen; null before that, and while there is no file.</summary>
    public ProgramStamp? Stamp => Volatile.Read(ref _stamp);

    /// <summary>
    /// Looks again when it is time to, rings when the file has changed, and returns how long until the next look.
    /// </summary>
    public TimeSpan Look()
    {
        var left = _lookedAt is { } at ? interval - time.GetElapsedTime(at) : TimeSpan.Zero;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _lookedAt = time.GetTimestamp();
        if (Interlocked.Exchange(ref _isLooking, 1) == 0)
        {
            ThreadPool.QueueUserWorkItem(static self => self.LookNow(), this, preferLocal: false);
        }

        return interval;
    }

    private void LookNow()
    {
        var seen = ProgramStamp.Of(fileName);
        var isChanged = seen != Interlocked.Exchange(ref _stamp, seen);
        Volatile.Write(ref _isLooking, 0);
        if (isChanged)
        {
            ring();
        }
    }
}
