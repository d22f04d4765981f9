using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Buffers;
using Microsoft.Extensions.Time.Testing;

namespace Pilotlight.Processes.Tests;

/// <summary>Ends that something holds up: each has a limit, by the machine's clock.</summary>
public sealed class EndTests : IDisposable
{
    private static readonly StopGrace Short = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));

    private readonly CancellationTokenSource _limit = Limit.Of(TimeSpan.FromMinutes(1));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_child_that_the_kernel_does_not_let_go_is_given_up_three_seconds_after_the_kill()
    {
        using var launcher = new ProcessLauncher(
            new StubContainment { OnTerminate = _ => { }, OnKill = _ => { } }, TimeProvider.System);
        var child = await launcher.StartAsync(Children.Script("while :; do sleep 60 & wait; done"));

        var exit = await child.StopAsync(Short).WaitAsync(Token);
        await child.DisposeAsync().AsTask().WaitAsync(Token);

        Assert.False(exit.IsConfirmed);
        Assert.Equal(ProcessExit.Unknown, exit.ExitCode);
        Assert.False((await child.Exited.WaitAsync(Token)).IsConfirmed);
        Assert.True(Children.Exists(child.Id));
        Process.GetProcessById(child.Id).Kill();
    }

    [Fact]
    public async Task A_child_that_was_killed_hears_nothing_more_however_late_the_kill_arrives()
    {
        // Behind walls a kill goes by the wrapper. An end of its input, in the meantime, would tell the child to say its last words.
        using var launcher = new ProcessLauncher(new StubContainment { OnKill = _ => { } }, TimeProvider.System);
        var child = await launcher.StartAsync(Children.Script("trap '' TERM; echo up; read line; echo heard the end; sleep 300"));
        await Children.ReadLineAsync(child, Token);

        child.Kill();
        var ending = child.DisposeAsync().AsTask();
        var heard = child.Output.ReadAsync(Token).AsTask();
        Assert.NotSame(heard, await Task.WhenAny(heard, Task.Delay(TimeSpan.FromMilliseconds(500), Token)));

        Process.GetProcessById(child.Id).Kill();
        await ending.WaitAsync(Token);
    }

    [Fact]
    public async Task A_search_for_tools_that_never_returns_does_not_hold_up_the_end()
    {
        using var launcher = new ProcessLauncher(
            new StubContainment { OnKillRest = () => new TaskCompletionSource<int>().Task }, TimeProvider.System);
        var child = await launcher.StartAsync(Children.Echo());

        var exit = await child.StopAsync().WaitAsync(Token);
        await child.DisposeAsync().AsTask().WaitAsync(Token);

        Assert.Equal(0, exit.ExitCode);
    }

    [Fact]
    public async Task A_stranger_that_holds_its_pipes_open_does_not_hold_up_the_end()
    {
        using var launcher = new ProcessLauncher(new StubContainment(), TimeProvider.System);
        await using var child = await launcher.StartAsync(Children.Script("setsid env -i sleep 300 & echo $!; read line"));
        var stranger = await ReadNumberAsync(child);

        // More than the pipe holds, never read: what is left to be flushed must not be waited for either.
        child.Input.Write(new byte[1 << 20]);
        var writing = child.Input.FlushAsync(Token);
        child.Kill();
        await child.DisposeAsync().AsTask().WaitAsync(Token);

        Assert.True(Children.Exists(stranger));
        Process.GetProcessById(stranger).Kill();
        await Assert.ThrowsAnyAsync<Exception>(async () => await writing);
    }

    [Fact]
    public async Task A_child_that_somebody_stopped_hears_of_its_end()
    {
        using var launcher = new ProcessLauncher(new StubContainment(), TimeProvider.System);
        await using var child = await launcher.StartAsync(
            Children.Script("trap 'exit 3' TERM; echo $$; while :; do sleep 60 & wait; done"));
        await ReadNumberAsync(child);
        child.Suspend();
        await Children.StoppedAsync(child.Id, Token);

        var exit = await child.StopAsync(new StopGrace(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(50))).WaitAsync(Token);

        Assert.Equal(3, exit.ExitCode);
    }

    [Fact]
    public async Task A_stopped_child_that_ignores_what_it_is_told_is_killed()
    {
        using var launcher = new ProcessLauncher(new StubContainment(), TimeProvider.System);
        await using var child = await launcher.StartAsync(
            Children.Script("trap '' TERM; echo $$; kill -STOP $$; while :; do kill -STOP $$; done"));
        await ReadNumberAsync(child);

        var exit = await child.StopAsync(Short).WaitAsync(Token);

        Assert.Equal(9, exit.Signal);
    }

    [Fact]
    public async Task A_tool_that_had_no_environment_yet_when_the_child_crashed_is_found_a_little_later()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });

        // As in the middle of an exec: no mark, then the one it inherits. In a session of its own, so that the group does not
        // hold it.
        await using var lease = await pool.AcquireAsync(
            Children.Script(
                "setsid env -i /bin/sh -c 'sleep 0.05; PILOTLIGHT_WORKER=$1 exec /bin/sleep 300' tool \"$PILOTLIGHT_WORKER\" & "
                + "echo $!; read line"),
            Token);
        var tool = await ReadNumberAsync(lease.Process);

        lease.Process.Kill();

        await Children.GoneAsync(tool, Token);
    }

    [Fact]
    public async Task A_stop_has_an_end_though_the_pools_clock_stands_still_and_a_lease_is_never_given_back()
    {
        var pool = new WarmPool(
            new WarmPoolOptions
            {
                MinIdle = 1,
                DrainTimeout = TimeSpan.FromMilliseconds(50),
                CloseInputGrace = TimeSpan.FromMilliseconds(50),
                TerminateGrace = TimeSpan.FromMilliseconds(50),
            },
            time: new FakeTimeProvider());
        var lease = await pool.AcquireAsync(Children.Script("trap '' TERM; while :; do sleep 60 & wait; done"), Token);

        await pool.DisposeAsync().AsTask().WaitAsync(Token);

        Assert.False(Children.Exists(lease.Process.Id));
    }

    [Fact]
    public async Task A_stop_breaks_off_warm_ups_that_listen_to_nothing()
    {
        var asked = new TaskCompletionSource<int>();
        var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1 });
        pool.Register(Children.Echo() with
        {
            WarmUp = (process, _) =>
            {
                asked.TrySetResult(process.Id);
                return new ValueTask(new TaskCompletionSource().Task);
            },
        });
        var processId = await asked.Task.WaitAsync(Token);

        await pool.DisposeAsync().AsTask().WaitAsync(Token);

        Assert.False(Children.Exists(processId));
    }

    [Fact]
    public async Task Whoever_stops_a_pool_that_is_being_stopped_waits_for_the_same_end()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, CloseInputGrace = TimeSpan.FromSeconds(1) });
        pool.Register(
            Children.Script("echo ready; trap 'exit 0' TERM; while :; do sleep 60 & wait; done", warmUp: Children.ReadLineAsync));
        await pool.UntilAsync(row => row.Parked > 0, "script", Token);
        var processId = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        var first = pool.StopAsync(Token);
        await pool.StopAsync(Token).WaitAsync(Token);

        Assert.False(Children.Exists(processId));
        await first;
    }

    [Fact]
    public async Task What_is_given_back_to_a_pool_that_is_being_stopped_ends()
    {
        for (var round = 0; round < 10; round++)
        {
            var pool = new WarmPool(new WarmPoolOptions { MinIdle = 4, MaxIdle = 4, MaxConcurrentWarmUps = 4 });
            var leases = new List<WorkerLease>();
            for (var i = 0; i < 4; i++)
            {
                leases.Add(await pool.AcquireAsync(Children.Echo(), Token));
            }

            var returning = Parallel.ForEachAsync(leases, Token, async (lease, _) => await lease.ReturnCleanAsync());
            await pool.DisposeAsync().AsTask().WaitAsync(Token);
            await returning;

            Assert.All(leases, lease => Assert.False(Children.Exists(lease.Process.Id)));
        }
    }

    private async Task<int> ReadNumberAsync(ChildProcess child)
    {
        while (true)
        {
            var read = await child.Output.ReadAsync(Token);
            var text = Encoding.UTF8.GetString(read.Buffer.ToArray());
            if (text.Contains('\n', StringComparison.Ordinal) || read.IsCompleted)
            {
                child.Output.AdvanceTo(read.Buffer.End);
                return int.Parse(text.Trim(), CultureInfo.InvariantCulture);
            }

            child.Output.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
