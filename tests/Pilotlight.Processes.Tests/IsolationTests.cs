namespace Pilotlight.Processes.Tests;

/// <summary>Strict mode: a pid namespace for each process.</summary>
public sealed class IsolationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_a_namespace_of_its_own_nothing_outlives_the_child_whatever_its_environment()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 0,
            MaxIdle = 0,
            Isolation = ProcessIsolation.PidNamespace,
        });

        // A tool with neither our group nor our marks: only the namespace still knows it. It says its id as we see it.
        var lease = await pool.AcquireAsync(
            Children.Script("echo $$; setsid env -i /bin/sh -c 'echo up; exec sleep 300' & read line", "strict"), Token);
        var read = await lease.Process.Output.ReadAtLeastAsync(5, Token);
        var said = System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer));
        Assert.StartsWith("1\n", said, StringComparison.Ordinal);
        lease.Process.Output.AdvanceTo(read.Buffer.End);
        var tools = Descendants(lease.Process.Id);
        Assert.NotEmpty(tools);

        lease.Process.Kill();

        foreach (var tool in tools)
        {
            await Children.GoneAsync(tool, Token);
        }

        await lease.DisposeAsync();
    }

    [Fact]
    public async Task A_program_in_a_namespace_is_talked_to_measured_and_ended_like_any_other()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            Isolation = ProcessIsolation.PidNamespace,
        });
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        await using var lease = await pool.AcquireAsync(profile, Token);

        Assert.Equal("hello", await Children.EchoAsync(lease.Process, "hello", Token));
        Assert.InRange(pool.GetSnapshot(withMemory: true).Profiles[0].Processes.Max(row => row.MemoryBytes) ?? 0, 1, 100 << 20);
        var exit = await lease.Process.StopAsync();
        Assert.Equal(0, exit.ExitCode);
    }

    private static List<int> Descendants(int processId)
    {
        var children = File.ReadAllText($"/proc/{processId}/task/{processId}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        return [.. children, .. children.SelectMany(Descendants)];
    }
}
