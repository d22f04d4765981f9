using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Pilotlight.Processes.Testing;

namespace Pilotlight.Processes.Tests;

/// <summary>Lessees are tested on processes that are played in memory, in a pool that is real.</summary>
public sealed class InMemoryTests : IDisposable
{
    private readonly CancellationTokenSource _limit = Limit.Of(TimeSpan.FromMinutes(1));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_lessee_talks_to_a_program_that_is_played_in_memory()
    {
        await using var pool = InMemoryProcesses.CreatePool(UppercaseAsync, new WarmPoolOptions { MinIdle = 1 });
        var profile = Greeted();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked > 0, "played", Token);

        await using var lease = await pool.AcquireAsync(profile, Token);
        await lease.WriteFirstAsync("hello\n"u8.ToArray(), Token);

        Assert.Equal("HELLO", await ReadLineAsync(lease.Process.Output, Token));
        Assert.Equal("ready as played", lease.State.Line);
        Assert.Equal(LeaseSource.Warm, lease.Source);
    }

    [Fact]
    public async Task It_ends_with_its_stdin_and_what_the_warm_up_left_is_disposed_of_with_it()
    {
        await using var pool = InMemoryProcesses.CreatePool(UppercaseAsync, new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var lease = await pool.AcquireAsync(Greeted(), Token);
        var greeting = lease.State;

        await lease.DisposeAsync();

        Assert.Equal(0, (await lease.Process.Exited).ExitCode);
        Assert.True(greeting.IsDisposed);
    }

    [Fact]
    public async Task It_sees_what_was_prepared_for_it_alone_which_goes_with_it()
    {
        var key = new Greeting("key");
        await using var pool = InMemoryProcesses.CreatePool(
            async (child, stop) =>
            {
                await child.Output.WriteAsync(Encoding.UTF8.GetBytes(child.Environment["KEY"] + "\n"), stop);
                return await UppercaseAsync(child, stop);
            },
            new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var profile = Greeted() with
        {
            Prepare = environment =>
            {
                environment["KEY"] = key.Line;
                return key;
            },
        };

        await using (var lease = await pool.AcquireAsync(profile, Token))
        {
            Assert.Equal("key", lease.State.Line);
            Assert.False(key.IsDisposed);
        }

        Assert.True(key.IsDisposed);
    }

    [Fact]
    public async Task One_that_throws_fails_its_start_with_what_it_said()
    {
        await using var pool = InMemoryProcesses.CreatePool(
            (_, _) => throw new InvalidOperationException("no such table"), new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });

        var fault = await Assert.ThrowsAsync<ProcessStartException>(async () => await pool.AcquireAsync(Greeted(), Token));

        Assert.Equal(1, fault.Exit?.ExitCode);
        Assert.Contains("no such table", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_dies_in_use_is_swapped_for_another_by_the_first_write()
    {
        var ends = new TaskCompletionSource();
        var count = 0;
        await using var pool = InMemoryProcesses.CreatePool(
            async (child, stop) =>
            {
                var isFirst = Interlocked.Increment(ref count) == 1;
                var playing = UppercaseAsync(child, stop);
                if (!isFirst)
                {
                    return await playing;
                }

                await ends.Task;
                return 3;
            },
            new WarmPoolOptions { MinIdle = 0, MaxIdle = 0, EarlyDeath = TimeSpan.Zero });
        await using var lease = await pool.AcquireAsync(Greeted(), Token);
        var first = lease.Process.Id;
        ends.SetResult();
        await lease.Process.Exited.WaitAsync(Token);

        await lease.WriteFirstAsync("again\n"u8.ToArray(), Token);

        Assert.NotEqual(first, lease.Process.Id);
        Assert.Equal("AGAIN", await ReadLineAsync(lease.Process.Output, Token));
    }

    [Fact]
    public async Task One_that_listens_to_nothing_is_given_up_and_does_not_hold_up_the_stop()
    {
        var pool = InMemoryProcesses.CreatePool(
            async (child, _) =>
            {
                await child.Output.WriteAsync("ready\n"u8.ToArray(), CancellationToken.None);
                return await new TaskCompletionSource<int>().Task;
            },
            new WarmPoolOptions { CloseInputGrace = TimeSpan.Zero, TerminateGrace = TimeSpan.Zero });
        var lease = await pool.AcquireAsync(Greeted(), Token);

        await lease.DisposeAsync();
        await pool.DisposeAsync();

        Assert.Equal(9, (await lease.Process.Exited).Signal);
    }

    private static ProcessProfile<Greeting> Greeted() => new()
    {
        Name = "played",
        FileName = "/nowhere/played",
        WarmUp = async (process, token) => new Greeting(await ReadLineAsync(process.Output, token)),
    };

    private static async Task<int> UppercaseAsync(InMemoryChild child, CancellationToken cancellationToken)
    {
        await child.Output.WriteAsync(Encoding.UTF8.GetBytes($"ready as {child.Profile.Name}\n"), cancellationToken);
        while (await ReadLineAsync(child.Input, cancellationToken) is { Length: > 0 } line)
        {
            await child.Output.WriteAsync(Encoding.UTF8.GetBytes(line.ToUpperInvariant() + "\n"), cancellationToken);
        }

        return 0;
    }

    // Empty at the end.
    private static async Task<string> ReadLineAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(read.Buffer.Slice(0, end));
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return read.Buffer.IsEmpty ? "" : throw new IOException("It ended in the middle of a line.");
            }
        }
    }

    private sealed class Greeting(string line) : IDisposable
    {
        public string Line { get; } = line.Length > 0 ? line : throw new IOException("It ended before it was ready.");

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
