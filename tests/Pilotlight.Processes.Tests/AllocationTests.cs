namespace Pilotlight.Processes.Tests;

/// <summary>A guard of the fast path that no clock disturbs.</summary>
public sealed class AllocationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_acquire_of_a_parked_process_allocates_nothing()
    {
        const int Practice = 8;
        const int Counted = 8;
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 32,
            MaxIdle = 32,
            MaxProcesses = 64,
            RefillDelay = TimeSpan.Zero,
        });
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row is { Parked: 32, Starting: 0 }, "echo", Token);
        var leases = new WorkerLease[Practice + Counted];
        var allocated = new long[leases.Length];

        Take(pool, profile, leases, allocated);

        Assert.All(allocated[Practice..], bytes => Assert.Equal(0, bytes));
        foreach (var lease in leases)
        {
            await lease.DisposeAsync();
        }
    }

    private static void Take(WarmPool pool, ProcessProfile profile, WorkerLease[] leases, long[] allocated)
    {
        for (var i = 0; i < leases.Length; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var acquiring = pool.AcquireAsync(profile);
            if (!acquiring.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("Nothing was parked.");
            }

            leases[i] = acquiring.Result;
            allocated[i] = GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
