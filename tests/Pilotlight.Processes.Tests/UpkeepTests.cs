using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Pilotlight.Processes.Tests;

/// <summary>What the controller does as time goes by, on real child processes.</summary>
public sealed class UpkeepTests : IDisposable
{
    private readonly CancellationTokenSource _limit = Limit.Of(TimeSpan.FromMinutes(2));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task An_old_process_serves_until_another_is_parked_in_its_place()
    {
        var time = new FakeTimeProvider();
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            RefillDelay = TimeSpan.Zero,
            MaxAge = TimeSpan.FromHours(1),
        }, time: time);
        pool.Register(Children.Echo());
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        var old = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        time.Advance(TimeSpan.FromHours(1));
        await pool.UntilAsync(row => AtLeastOne(row) && row.Processes.All(process => process.ProcessId != old), "echo", Token);

        await Children.GoneAsync(old, Token);

        static bool AtLeastOne(ProfileSnapshot row)
        {
            Assert.InRange(row.Processes.Count, 1, 2);
            return row.Parked == 1;
        }
    }

    [Fact]
    public async Task An_old_process_goes_first_where_there_is_no_room_for_two()
    {
        var time = new FakeTimeProvider();
        await using var pool = new WarmPool(
            new WarmPoolOptions
            {
                MinIdle = 1,
                MaxIdle = 1,
                MaxProcesses = 1,
                RefillDelay = TimeSpan.Zero,
                MaxAge = TimeSpan.FromHours(1),
            }, time: time);
        pool.Register(Children.Echo());
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        var old = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        time.Advance(TimeSpan.FromHours(1));

        await pool.UntilAsync(row => row.Processes is [var one] && one.ProcessId != old, "echo", Token);
    }

    [Fact]
    public async Task An_old_process_that_cannot_be_replaced_goes_on_serving()
    {
        var time = new FakeTimeProvider();
        var folder = Directory.CreateTempSubdirectory("pilotlight-age-");
        var program = Path.Combine(folder.FullName, "program");
        File.Copy("/bin/cat", program);
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            RefillDelay = TimeSpan.Zero,
            MaxAge = TimeSpan.FromHours(1),
        }, time: time);

        // Its echo says that it is past exec: before that the file must stay.
        var profile = Children.Program(program, "old") with { WarmUp = Children.SayUpAsync };
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 1, "old", Token);
        folder.Delete(recursive: true);

        time.Advance(TimeSpan.FromHours(1));
        await pool.UntilAsync(row => row.Breaker == BreakerState.Open, "old", Token);

        await using var lease = await pool.AcquireAsync(profile, Token);
        Assert.Equal("still here", await Children.EchoAsync(lease.Process, "still here", Token));
    }

    [Fact]
    public async Task Ages_longer_than_a_timer_can_wait_do_no_harm()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            MaxAge = TimeSpan.FromDays(365),
            FreezeAfter = TimeSpan.FromDays(365),
            LeakAfter = TimeSpan.FromDays(365),
            RenewalCheck = TimeSpan.FromDays(1),
        });
        for (var round = 0; round < 3; round++)
        {
            await using var lease = await pool.AcquireAsync(Children.Echo(), Token);
            await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        }
    }

    [Fact]
    public async Task A_lease_that_nobody_disposes_of_is_logged_once_with_the_place_that_acquired_it()
    {
        var time = new FakeTimeProvider();
        var logger = new FakeLogger<WarmPool>();
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            LeakAfter = TimeSpan.FromMinutes(5),
            RefillDelay = TimeSpan.Zero,
        }, logger, time);
        pool.Register(Children.Echo());
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        await using var lease = await pool.AcquireAsync(Children.Echo(), Token);
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        Assert.Empty(Warnings());

        // Never written to: the warning must not wait for somebody to ring.
        for (var minute = 0; minute < 30 || Warnings().Length == 0; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5, Token);
        }

        var warning = Assert.Single(Warnings());
        Assert.Contains(lease.Process.Id.ToString(CultureInfo.InvariantCulture), warning, StringComparison.Ordinal);
        Assert.Contains(nameof(UpkeepTests) + ".cs:", warning, StringComparison.Ordinal);

        string[] Warnings() =>
        [
            .. logger.Collector.GetSnapshot().Select(entry => entry.Message)
                .Where(text => text.Contains("Is its lease disposed of", StringComparison.Ordinal)),
        ];
    }

    [Fact]
    public async Task Processes_that_are_killed_together_soon_after_their_start_are_replaced()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 4,
            MaxIdle = 4,
            MaxConcurrentWarmUps = 4,
            EarlyDeath = TimeSpan.FromSeconds(1),
        });
        pool.Register(Children.Echo());
        await pool.UntilAsync(row => row.Parked == 4, "echo", Token);
        var killed = pool.GetSnapshot().Profiles[0].Processes.Select(row => row.ProcessId).ToArray();
        foreach (var processId in killed)
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
        }

        await pool.UntilAsync(
            row => row.Parked == 4 && row.Processes.All(process => !killed.Contains(process.ProcessId)), "echo", Token);
        Assert.Equal(BreakerState.Closed, pool.GetSnapshot().Profiles[0].Breaker);
    }

    [Fact]
    public async Task The_cap_counts_processes_that_are_still_ending()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 2,
            MaxProcesses = 3,
            MaxConcurrentWarmUps = 3,
            RefillDelay = TimeSpan.Zero,
        });
        var profile = Children.Script("cat >/dev/null; sleep 0.1", "slow-to-end");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var owner = $"PILOTLIGHT_OWNER={Environment.ProcessId}:";
        var users = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 8; round++)
            {
                await using var lease = await pool.AcquireAsync(profile, Token);
            }
        })).ToArray();

        var most = 0;
        while (!users.All(user => user.IsCompleted))
        {
            most = Math.Max(most, Count());
            await Task.Yield();
        }

        await Task.WhenAll(users);
        Assert.InRange(most, 1, 3);

        // Leaders of a group: what they fork in passing looks like them, and is not of the pool's making.
        int Count() => Directory.EnumerateDirectories("/proc").Count(folder =>
            int.TryParse(Path.GetFileName(folder), out var id)
            && Read(folder + "/environ").Contains(owner, StringComparison.Ordinal)
            && Read(folder + "/cmdline").Contains("cat >/dev/null; sleep 0.1", StringComparison.Ordinal)
            && Read(folder + "/stat") is var stat
            && stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, var group, ..]
            && group == id.ToString(CultureInfo.InvariantCulture));

        static string Read(string file)
        {
            try
            {
                return File.ReadAllText(file);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                return "";
            }
        }
    }

    [Fact]
    public async Task A_waiting_caller_displaces_another_profiles_stock()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2, MaxIdle = 2, MaxProcesses = 2 });
        pool.Register(Children.Echo("stock"));
        await pool.UntilAsync(row => row.Parked == 2, "stock", Token);

        await using var lease = await pool.AcquireAsync(Children.Echo("wanted"), Token);

        Assert.Equal("here", await Children.EchoAsync(lease.Process, "here", Token));
    }
}
