using System.Diagnostics;
using System.Globalization;

namespace Pilotlight.Processes.Tests;

/// <summary>Children behind a wrapper's walls, in a pid namespace of their own, are reached and ended like any others.</summary>
public sealed class WallTests : IDisposable
{
    private readonly CancellationTokenSource _limit = Limit.Of(TimeSpan.FromMinutes(1));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_program_behind_walls_is_talked_to_measured_and_ended_like_any_other()
    {
        WalledHost.SkipWithoutWalls();
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var large = "x=$(head -c 20000000 /dev/zero | tr '\\0' x); echo $$; read line; echo got $line; read line";
        await using var lease = await pool.AcquireAsync(
            Children.Script(large, "walled") with { Wrapper = WalledHost.Walls("--die-with-parent") }, Token);
        await Children.ReadLineAsync(lease.Process, Token);

        var memory = pool.GetSnapshot(withMemory: true).Profiles[0].Processes[0].MemoryBytes;
        Assert.Equal("got it", await Children.EchoAsync(lease.Process, "it", Token, answer: 6));
        var exit = await lease.Process.StopAsync();

        Assert.InRange(memory ?? 0, 20_000_000, 200 << 20);
        Assert.Equal(1, exit.ExitCode); // That of the shell, whose last read found the end.
    }

    [Theory]
    [InlineData("--die-with-parent")]
    [InlineData("--die-with-parent", "--new-session")]
    [InlineData]
    public async Task A_kill_of_the_wrapper_alone_leaves_nothing_of_what_it_walled(params string[] walls)
    {
        WalledHost.SkipWithoutWalls();
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var script = "setsid env -i sleep 300 & (sleep 300 & wait) & echo up; read line";
        await using var lease = await pool.AcquireAsync(
            Children.Script(script, "walled", Children.ReadLineAsync) with { Wrapper = WalledHost.Walls(walls) }, Token);
        var inside = Descendants(lease.Process.Id);
        Assert.True(inside.Count >= 4, $"Only {inside.Count} processes are behind the walls.");

        using (var wrapper = Process.GetProcessById(lease.Process.Id))
        {
            wrapper.Kill();
        }

        foreach (var process in inside)
        {
            await Children.GoneAsync(process, Token);
        }
    }

    [Fact]
    public async Task A_kill_of_the_host_leaves_nothing_behind_any_wall()
    {
        WalledHost.SkipWithoutWalls();
        var self = Path.ChangeExtension(typeof(WallTests).Assembly.Location, null);
        for (var round = 0; round < 3; round++)
        {
            using var host = Process.Start(new ProcessStartInfo(self, [WalledHost.Command]) { RedirectStandardOutput = true })!;
            Assert.Equal("up", await host.StandardOutput.ReadLineAsync(Token));
            await Task.Delay(TimeSpan.FromMilliseconds(40 * round), Token); // In the middle of starts and stops, wherever.
            var inside = Descendants(host.Id);
            Assert.True(inside.Count >= 8, $"Only {inside.Count} processes are behind the walls.");

            host.Kill();
            await host.WaitForExitAsync(Token);

            foreach (var process in inside)
            {
                await Children.GoneAsync(process, Token);
            }

            // And what had only just been started.
            while (Marked(host.Id) is { Count: > 0 })
            {
                await Task.Delay(5, Token);
            }
        }
    }

    [Fact]
    public async Task A_wrapper_that_is_missing_fails_the_start_with_its_path()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });

        var fault = await Assert.ThrowsAsync<ProcessStartException>(
            async () => await pool.AcquireAsync(Children.Echo() with { Wrapper = ["/nowhere/walls"] }, Token));

        Assert.Contains("'/nowhere/walls' does not exist", fault.Message, StringComparison.Ordinal);
    }

    // What carries the mark of an owner: the guardian looks for the same, and stops when it finds none.
    private static List<string> Marked(int owner) =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(folder =>
            int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)
            && Read(folder + "/environ").Contains($"PILOTLIGHT_OWNER={owner}:", StringComparison.Ordinal)),
    ];

    private static List<int> Descendants(int processId)
    {
        var children = Tasks(processId)
            .SelectMany(task => Read(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToList();

        // The guardian is to outlive its owner for a little.
        children.RemoveAll(child => Read($"/proc/{child}/cmdline").Contains("pilotlight-guardian", StringComparison.Ordinal));
        return [.. children, .. children.SelectMany(Descendants)];
    }

    private static string[] Tasks(int processId)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{processId}/task");
        }
        catch (IOException)
        {
            return []; // It has ended.
        }
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return ""; // It has ended.
        }
    }
}
