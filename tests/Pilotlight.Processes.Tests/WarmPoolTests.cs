using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Pilotlight.Processes.Tests;

/// <summary>The pool on real child processes; the seed's tests have their twins here.</summary>
public sealed class WarmPoolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_prewarms_the_pool()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2 });
        pool.Register(Children.Echo());

        await pool.UntilAsync(row => row.Parked == 2 && row.Starting == 0, "echo", Token);

        Assert.All(pool.GetSnapshot().Profiles[0].Processes, row => Assert.True(Children.Exists(row.ProcessId)));
    }

    [Fact]
    public async Task A_warm_acquire_hands_out_the_parked_process_and_refills()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        var parked = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        var acquired = pool.AcquireAsync(profile, Token);

        Assert.True(acquired.IsCompletedSuccessfully);
        await using var lease = await acquired;
        Assert.Equal(LeaseSource.Warm, lease.Source);
        Assert.Equal(parked, lease.Process.Id);
        Assert.Equal("hello", await Children.EchoAsync(lease.Process, "hello", Token));
        await pool.UntilAsync(row => row is { Parked: 1, Leased: 1 }, "echo", Token);
    }

    [Fact]
    public async Task A_stock_that_is_still_half_full_is_refilled_after_a_while_and_an_empty_one_at_once()
    {
        var time = new FakeTimeProvider();
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 2,
            MaxIdle = 2,
            RefillDelay = TimeSpan.FromSeconds(30),
        }, time: time);
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 2, "echo", Token);

        await using var first = await pool.AcquireAsync(profile, Token);

        // Another profile that is being parked shows that the controller has looked at all of them since.
        pool.Register(Children.Echo("other"));
        await pool.UntilAsync(row => row.Parked == 2, "other", Token);
        var echo = pool.GetSnapshot().Profiles.Single(row => row.Name == "echo");
        Assert.Equal((1, 0), (echo.Parked, echo.Starting));

        time.Advance(TimeSpan.FromSeconds(30));
        await pool.UntilAsync(row => row.Parked == 2, "echo", Token);

        await using var second = await pool.AcquireAsync(profile, Token);
        await using var third = await pool.AcquireAsync(profile, Token);
        await pool.UntilAsync(row => row.Parked == 2, "echo", Token);
    }

    [Fact]
    public async Task Parked_processes_are_renewed_when_their_program_changes()
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-renewal-");
        var program = Path.Combine(folder.FullName, "program");
        File.Copy("/bin/cat", program);
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 2,
            MaxIdle = 2,
            RefillDelay = TimeSpan.Zero,
            RenewalCheck = TimeSpan.FromMilliseconds(50),
        });
        var profile = Children.Program(program, "renewed");
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 2, "renewed", Token);
        var old = pool.GetSnapshot().Profiles[0].Processes.Select(row => row.ProcessId).ToArray();

        // As an installer does: a new file takes the old one's place, which running processes keep.
        File.Copy("/bin/cat", program + ".new");
        File.SetLastWriteTimeUtc(program + ".new", new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.Move(program + ".new", program, overwrite: true);

        await pool.UntilAsync(
            row => row.Parked == 2 && row.Processes.All(process => !old.Contains(process.ProcessId)), "renewed", Token);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_empty_pool_starts_a_process()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });

        await using var lease = await pool.AcquireAsync(Children.Echo(), Token);

        Assert.Equal(LeaseSource.Cold, lease.Source);
        Assert.Equal("hello", await Children.EchoAsync(lease.Process, "hello", Token));
    }

    [Fact]
    public async Task A_dead_process_is_never_handed_out()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 3, MaxIdle = 3, EarlyDeath = TimeSpan.Zero });
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 3, "echo", Token);
        var killed = pool.GetSnapshot().Profiles[0].Processes.Select(row => row.ProcessId).ToArray();
        foreach (var processId in killed)
        {
            System.Diagnostics.Process.GetProcessById(processId).Kill();
        }

        await pool.UntilAsync(row => row.Processes.All(process => !killed.Contains(process.ProcessId)), "echo", Token);
        await using var lease = await pool.AcquireAsync(profile, Token);

        Assert.DoesNotContain(lease.Process.Id, killed);
        Assert.Equal("alive", await Children.EchoAsync(lease.Process, "alive", Token));
    }

    [Fact]
    public async Task The_first_write_swaps_in_another_when_the_process_died_unnoticed()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2, EarlyDeath = TimeSpan.Zero });
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 2, "echo", Token);
        await using var lease = await pool.AcquireAsync(profile, Token);
        var first = lease.Process.Id;
        System.Diagnostics.Process.GetProcessById(first).Kill();
        await Children.GoneAsync(first, Token);

        await lease.WriteFirstAsync("still here\n"u8.ToArray(), Token);

        Assert.NotEqual(first, lease.Process.Id);
        var read = await lease.Process.Output.ReadAtLeastAsync(11, Token);
        Assert.Equal(11, read.Buffer.Length);
    }

    [Fact]
    public async Task Stop_ends_what_remains_also_what_ignores_every_request()
    {
        var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 2,
            CloseInputGrace = TimeSpan.FromMilliseconds(50),
            TerminateGrace = TimeSpan.FromMilliseconds(50),
        });
        pool.Register(
            Children.Script("trap '' TERM; echo ready; while :; do sleep 60 & wait; done", warmUp: Children.ReadLineAsync));
        await pool.UntilAsync(row => row.Parked == 2, "script", Token);
        var processes = pool.GetSnapshot().Profiles[0].Processes.Select(row => row.ProcessId).ToArray();

        await pool.DisposeAsync();

        Assert.All(processes, processId => Assert.False(Children.Exists(processId)));
        await Assert.ThrowsAsync<PoolStoppedException>(async () => await pool.AcquireAsync(Children.Echo(), Token));
    }

    [Fact]
    public async Task A_crashed_child_leaves_no_tool_of_its_own_session_behind()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var lease = await pool.AcquireAsync(Children.Script("setsid sleep 300 & echo $!; read line"), Token);
        var read = await lease.Process.Output.ReadAsync(Token);
        var text = System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer)).Trim();
        lease.Process.Output.AdvanceTo(read.Buffer.End);
        var tool = int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Children.Exists(tool));

        System.Diagnostics.Process.GetProcessById(lease.Process.Id).Kill();

        await Children.GoneAsync(tool, Token);
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task Acquire_latency_is_measured_and_logged_with_its_source()
    {
        var logger = new FakeLogger<WarmPool>();
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1 }, logger);
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked > 0, "echo", Token);

        await using var lease = await pool.AcquireAsync(profile, Token);

        var record = Assert.Single(
            logger.Collector.GetSnapshot(), entry => entry.Message.StartsWith("Acquired", StringComparison.Ordinal));
        Assert.Equal("Warm", record.GetStructuredStateValue("Source"));
        var microseconds = lease.AcquireDuration.TotalMicroseconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(microseconds, record.GetStructuredStateValue("Microseconds"));
    }

    [Fact]
    public async Task A_missing_program_fails_at_once_with_its_path_and_opens_the_breaker()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var profile = Children.Program("/nowhere/program", "missing");

        var fault = await Assert.ThrowsAsync<ProcessStartException>(async () => await pool.AcquireAsync(profile, Token));

        Assert.Contains("/nowhere/program", fault.Message, StringComparison.Ordinal);
        await pool.UntilAsync(row => row.Breaker == BreakerState.Open, "missing", Token);
    }

    [Fact]
    public async Task A_program_that_is_ready_and_then_ends_is_not_started_for_ever()
    {
        var time = new FakeTimeProvider();
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            RefillDelay = TimeSpan.Zero,
        }, time: time);
        pool.Register(Children.Script("echo ready; exit 3", "short", Children.ReadLineAsync));

        // Each failure waits for its backoff, which only the fake clock ends; the third opens the breaker.
        while (pool.GetSnapshot().Profiles[0] is { Breaker: BreakerState.Closed })
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(5, Token);
        }

        Assert.Contains("exit code 3", pool.GetSnapshot().Profiles[0].LastFailure, StringComparison.Ordinal);
        Assert.Equal(0, pool.GetSnapshot().Profiles[0].Parked);
    }

    [Fact]
    public async Task A_program_that_always_ends_is_started_at_most_fifteen_times_in_the_first_minute_and_four_in_each_after()
    {
        using var limit = Limit.Of(TimeSpan.FromMinutes(3));
        var time = new FakeTimeProvider();
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2 }, time: time);
        using var starts = new StartCounter();
        pool.Register(Children.Program("/bin/false", StartCounter.Profile));
        var counts = new List<int>();
        for (var minute = 0; minute < 3; minute++)
        {
            var before = starts.Count;
            for (var step = 0; step < 120; step++)
            {
                // The clock moves on when all that it has set off is over: nothing is starting, and every death was noticed.
                await pool.UntilAsync(row => row is { Starting: 0, Processes.Count: 0 }, StartCounter.Profile, limit.Token);
                await Task.Delay(2, limit.Token);
                time.Advance(TimeSpan.FromMilliseconds(500));
            }

            counts.Add(starts.Count - before);
        }

        Assert.InRange(counts[0], 2, 15);
        Assert.All(counts.Skip(1), count => Assert.InRange(count, 1, 4));
    }

    [Fact]
    public async Task A_failed_start_tells_exit_code_and_stderr()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var profile = Children.Script("echo the reason >&2; exit 7", warmUp: Children.ReadLineAsync);

        var fault = await Assert.ThrowsAsync<ProcessStartException>(async () => await pool.AcquireAsync(profile, Token));

        Assert.Equal(7, fault.Exit?.ExitCode);
        Assert.Contains("the reason", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, pool.GetSnapshot().Profiles[0].Leased);
    }

    [Fact]
    public async Task A_full_pool_rejects_and_says_how_full_and_what_to_raise()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0, MaxProcesses = 1, MaxWaiting = 0 });
        var profile = Children.Echo();
        await using var pool2 = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 0,
            MaxIdle = 0,
            MaxProcesses = 1,
            AcquireTimeout = TimeSpan.FromMilliseconds(50),
        });
        await using var held = await pool2.AcquireAsync(profile, Token);

        var rejected = await Assert.ThrowsAsync<PoolRejectedException>(async () => await pool.AcquireAsync(profile, Token));
        var late = await Assert.ThrowsAsync<PoolRejectedException>(async () => await pool2.AcquireAsync(profile, Token));

        Assert.Contains("Pilotlight:Pool:MaxWaiting", rejected.Message, StringComparison.Ordinal);
        Assert.Contains("1 of 1 processes are up", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_wait_loses_no_process()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 4, MaxConcurrentWarmUps = 4 });
        var profile = Children.Echo();
        for (var round = 0; round < 20; round++)
        {
            using var cancel = new CancellationTokenSource();
            var acquire = pool.AcquireAsync(profile, cancel.Token).AsTask();
            await cancel.CancelAsync();
            try
            {
                await (await acquire).DisposeAsync();
            }
            catch (OperationCanceledException)
            {
            }
        }

        await pool.UntilAsync(
            row => row is { Starting: 0, Waiting: 0, Leased: 0 } && row.Parked == row.Processes.Count, "echo", Token);
    }

    [Fact]
    public async Task No_process_is_leased_twice()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 4,
            MaxIdle = 4,
            MaxProcesses = 8,
            MaxConcurrentWarmUps = 4,
        });
        var profile = Children.Echo();
        var held = new System.Collections.Concurrent.ConcurrentDictionary<int, byte>();

        var together = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token };
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), together, async (_, token) =>
        {
            var lease = await pool.AcquireAsync(profile, token);
            Assert.True(held.TryAdd(lease.Process.Id, 0), $"Process {lease.Process.Id} was leased twice.");
            await Children.EchoAsync(lease.Process, "mine", token);
            Assert.True(held.TryRemove(lease.Process.Id, out var _));
            await lease.DisposeAsync();
        });
    }

    [Fact]
    public async Task The_environment_is_the_profiles_and_the_pools_marks_alone()
    {
        Environment.SetEnvironmentVariable("PILOTLIGHT_CANARY_SECRET", "canary");
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        await using var lease = await pool.AcquireAsync(Children.Echo(), Token);

        // Its answer says that it is past exec, in the middle of which the environment reads as empty.
        await Children.EchoAsync(lease.Process, "up", Token);
        var names = File.ReadAllText($"/proc/{lease.Process.Id}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split('=')[0]).Order().ToArray();

        Assert.Equal(["PATH", "PILOTLIGHT_OWNER", "PILOTLIGHT_WORKER"], names);
    }

    [Fact]
    public async Task A_clean_process_can_be_handed_out_again()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var profile = Children.Echo();
        var first = await pool.AcquireAsync(profile, Token);
        var processId = first.Process.Id;

        await first.ReturnCleanAsync();
        await using var second = await pool.AcquireAsync(profile, Token);

        Assert.Equal(processId, second.Process.Id);
        Assert.Equal(LeaseSource.Warm, second.Source);
    }

    private sealed class StartCounter : IDisposable
    {
        public const string Profile = "always ends";

        private readonly System.Diagnostics.Metrics.MeterListener _listener = new();
        private int _count;

        public StartCounter()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "pilotlight.pool.spawn.duration")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
            {
                if (tags.ToArray().Any(tag => (string?)tag.Value == Profile))
                {
                    Interlocked.Increment(ref _count);
                }
            });
            _listener.Start();
        }

        public int Count => Volatile.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }
}
