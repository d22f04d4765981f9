using BenchmarkDotNet.Attributes;
using Pilotlight.Processes;

namespace Pilotlight.Microbenchmarks;

/// <summary>Taking parked processes, one after the other: the pool's own work, refills held back until the iteration is over.</summary>
/// <remarks>Cold callers under load are in <c>Pilotlight.Processes.Benchmarks</c>.</remarks>
[MemoryDiagnoser(displayGenColumns: false)]
public class Acquiring
{
    /// <summary>Acquires in one iteration.</summary>
    public const int Leases = 32;

    private readonly ProcessProfile _profile = new()
    {
        Name = "cat",
        FileName = "/bin/cat",
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
    };

    private readonly WorkerLease?[] _leases = new WorkerLease?[Leases];
    private WarmPool _pool = null!;
    private int _next;

    [GlobalSetup]
    public void Start()
    {
        _pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = Leases * 2,
            MaxIdle = Leases * 2,
            MaxProcesses = Leases * 4,
            MaxConcurrentWarmUps = 8,
            RefillDelay = TimeSpan.FromMilliseconds(100),
        });
        _pool.Register(_profile);
    }

    [GlobalCleanup]
    public Task StopAsync() => _pool.DisposeAsync().AsTask();

    [IterationSetup]
    public void Fill()
    {
        _next = 0;
        SpinWait.SpinUntil(() => _pool.GetSnapshot().Profiles[0] is { Parked: Leases * 2, Starting: 0 });
    }

    [IterationCleanup]
    public void GiveBack()
    {
        for (var i = 0; i < _next; i++)
        {
            _leases[i]!.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    [Benchmark(Description = "acquire of a parked process")]
    public bool Acquire()
    {
        var acquiring = _pool.AcquireAsync(_profile);
        if (!acquiring.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("Nothing was parked: the figure would be told under the wrong name.");
        }

        _leases[_next++] = acquiring.Result;
        return true;
    }
}
