namespace Pilotlight.Processes.Testing;

/// <summary>Starts one program in memory, whatever program a profile names.</summary>
internal sealed class InMemoryLauncher(InMemoryProgram program, TimeProvider time) : IProcessLauncher
{
    // Beyond what Linux gives to processes, so that nobody signals a stranger.
    private const int FirstId = 1 << 30;

    private readonly InMemoryContainment _containment = new();
    private int _count;

    public Task<ChildProcess> StartAsync(ProcessProfile profile)
    {
        var environment = profile.Environment.ToDictionary(pair => pair.Key, string? (pair) => pair.Value);
        var own = profile.Prepare?.Invoke(environment);
        var child = new InMemoryChild(FirstId + Interlocked.Increment(ref _count), profile, environment);
        _containment.Add(child);
        var process = new ChildProcess(child, _containment, "", time, own);
        _ = child.PlayAsync(program);
        return Task.FromResult(process);
    }

    public int Sweep() => 0;

    public void Dispose()
    {
    }
}
