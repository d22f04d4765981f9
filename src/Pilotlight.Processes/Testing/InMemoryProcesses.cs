using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes.Testing;

/// <summary>
/// A program that is played in memory: it reads <see cref="InMemoryChild.Input"/>, writes <see cref="InMemoryChild.Output"/>, and
/// returns its exit code.
/// </summary>
/// <param name="child">The process that it plays.</param>
/// <param name="cancellationToken">Cancelled when the process is told to end.</param>
public delegate Task<int> InMemoryProgram(InMemoryChild child, CancellationToken cancellationToken);

/// <summary>For tests of code that leases processes: a whole pool whose processes are played in memory.</summary>
public static class InMemoryProcesses
{
    /// <summary>
    /// Makes a real pool, with leases, warm-ups, swaps, breaker and stop as ever, that starts <paramref name="program"/> in place
    /// of whatever program a profile names. One that throws ends with exit code 1 and says on stderr what it threw.
    /// </summary>
    /// <remarks>
    /// A process ends as one of the system does: stdin is closed, then its token is cancelled, then it is given up as killed,
    /// whether or not the program has returned.
    /// </remarks>
    /// <param name="program">What each process does; called once for each, on a thread of the thread pool.</param>
    /// <param name="options">As for any pool.</param>
    /// <param name="logger">Default: nothing is logged.</param>
    /// <param name="time">The clock of the pool's policy. Default: the machine's.</param>
    public static WarmPool CreatePool(
        InMemoryProgram program, WarmPoolOptions? options = null, ILogger<WarmPool>? logger = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new WarmPool(
            options ?? new WarmPoolOptions(),
            logger,
            time ?? TimeProvider.System,
            null,
            (_, clock) => new InMemoryLauncher(program, clock));
    }
}
