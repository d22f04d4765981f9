namespace Pilotlight.Storage;

/// <summary>Lets one writer at a time to a database that takes only one; a database with row locks has a gate that is always open.</summary>
/// <remarks>SQLite's driver waits for a busy database in steps of 150 ms; waiting here costs microseconds.</remarks>
internal sealed class WriteGate(bool isSingleWriter) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(isSingleWriter ? 1 : int.MaxValue);

    public async ValueTask<Pass> EnterAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        return new Pass(_gate);
    }

    public void Dispose() => _gate.Dispose();

    internal readonly struct Pass(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
