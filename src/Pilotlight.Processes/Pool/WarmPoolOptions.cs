using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Processes;

/// <summary>Sizes, times and limits of a <see cref="WarmPool"/>; section <c>Pilotlight:Pool</c>.</summary>
public sealed class WarmPoolOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Pool";

    /// <summary>
    /// Processes kept parked for each registered profile, whatever the demand. 0 starts each only when it is asked for. Default:
    /// 2.
    /// </summary>
    [Within(0, 1_000)]
    public int MinIdle { get; set; } = 2;

    /// <summary>
    /// Most processes parked for one profile, however large the demand; one more while an old one is being replaced. Default: 8.
    /// </summary>
    [Within(0, 1_000)]
    public int MaxIdle { get; set; } = 8;

    /// <summary>Shorthand that sets <see cref="MinIdle"/>, and <see cref="MaxIdle"/> if that is smaller. Default: none.</summary>
    [Within(0, 1_000)]
    public int? Size
    {
        get => null;
        set
        {
            if (value is { } size)
            {
                MinIdle = size;
                MaxIdle = Math.Max(MaxIdle, size);
            }
        }
    }

    /// <summary>Most processes in all: starting, parked, leased and ending. Default: 32.</summary>
    [Within(1, 10_000)]
    public int MaxProcesses { get; set; } = 32;

    /// <summary>
    /// Bytes of memory (proportional set size, tools included) from which no more are parked and parked ones are given up one by
    /// one. Default: none. Linux only.
    /// </summary>
    [Within(1, long.MaxValue)]
    public long? MemorySoftLimit { get; set; }

    /// <summary>
    /// Bytes of memory from which nothing is started, and callers who find nothing parked are rejected. Default: none. Linux
    /// only.
    /// </summary>
    [Within(1, long.MaxValue)]
    public long? MemoryHardLimit { get; set; }

    /// <summary>How often memory is measured while a limit is set, about a millisecond a process. Default: 5 s.</summary>
    [Within("00:00:00.0100000", "01:00:00")]
    public TimeSpan MemoryCheck { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a process is parked before it is stopped with SIGSTOP; an acquire lets it run on. Saves the little that an idle
    /// process computes, no memory. Default: none, they are not frozen. Linux only.
    /// </summary>
    [Within("00:00:00.0010000", "365.00:00:00")]
    public TimeSpan? FreezeAfter { get; set; }

    /// <summary>
    /// How much stands between a process and its survival of this one. Default: <see cref="ProcessIsolation.Standard"/>.
    /// </summary>
    [Known]
    public ProcessIsolation Isolation { get; set; }

    /// <summary>Most warm-ups at a time: each keeps a core busy. Default: 2.</summary>
    [Within(1, 1_000)]
    public int MaxConcurrentWarmUps { get; set; } = 2;

    /// <summary>
    /// How long a stock that is still at least half full waits for its refill. A start keeps a core busy, which the process just
    /// taken needs for its first answer. Default: 250 ms.
    /// </summary>
    [Within("00:00:00", "00:01:00")]
    public TimeSpan RefillDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Callers that may wait for a process before further ones are rejected. Default: 100.</summary>
    [Within(0, 100_000)]
    public int MaxWaiting { get; set; } = 100;

    /// <summary>How long a caller waits for a process. Default: 30 s.</summary>
    [Within("00:00:00.0010000", "01:00:00")]
    public TimeSpan AcquireTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a start with its warm-up may take. Default: 30 s.</summary>
    [Within("00:00:00.0010000", "01:00:00")]
    public TimeSpan WarmUpTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Age at which a parked process is replaced, less up to a tenth at random; it serves until another is ready. Default: 30
    /// min.
    /// </summary>
    [Within("00:00:00.1000000", "365.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How often the program's file is looked at; processes of an earlier version are replaced, one after the other. Default: 10
    /// s.
    /// </summary>
    [Within("00:00:00.0100000", "1.00:00:00")]
    public TimeSpan RenewalCheck { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A parked process that dies sooner than this counts as a failed start. Default: 5 s.</summary>
    [Within("00:00:00", "01:00:00")]
    public TimeSpan EarlyDeath { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long more are parked than wanted before one is ended. Default: 20 s.</summary>
    [Within("00:00:00.1000000", "1.00:00:00")]
    public TimeSpan ShrinkDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Failed starts in a row that open the circuit breaker. Default: 3.</summary>
    [Within(1, 100)]
    public int BreakerThreshold { get; set; } = 3;

    /// <summary>The first wait after a failed start; it doubles from there, with full jitter. Default: 250 ms.</summary>
    [Within("00:00:00.0010000", "01:00:00")]
    public TimeSpan BackoffBase { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between failed starts. Default: 30 s.</summary>
    [Within("00:00:00.0010000", "01:00:00")]
    public TimeSpan BackoffLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stop waits for leases to come back before it ends their processes. Default: 10 s.</summary>
    [Within("00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>From closing a process's stdin to SIGTERM. Default: 2 s.</summary>
    [Within("00:00:00", "00:10:00")]
    public TimeSpan CloseInputGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>From SIGTERM to SIGKILL. Default: 3 s.</summary>
    [Within("00:00:00", "00:10:00")]
    public TimeSpan TerminateGrace { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A lease held longer than this is logged, once, with the file and line that acquired it, for leases that nobody disposes
    /// of. Default: none, leases may be held for ever.
    /// </summary>
    [Within("00:00:00.0010000", "365.00:00:00")]
    public TimeSpan? LeakAfter { get; set; }

    /// <summary>As they are now: who changes them later does not change a pool that was made with them.</summary>
    internal WarmPoolOptions Copy() => (WarmPoolOptions)MemberwiseClone();

    internal StopGrace Grace => new(CloseInputGrace, TerminateGrace);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxIdle < MinIdle)
        {
            yield return new ValidationResult(
                $"MaxIdle ({MaxIdle}) is less than MinIdle ({MinIdle}). Raise MaxIdle, or set Size.", [nameof(MaxIdle)]);
        }

        if (MinIdle > MaxProcesses)
        {
            yield return new ValidationResult(
                $"MinIdle ({MinIdle}) is more than MaxProcesses ({MaxProcesses}). Raise MaxProcesses.", [nameof(MaxProcesses)]);
        }

        if (Isolation == ProcessIsolation.PidNamespace && !OperatingSystem.IsLinux())
        {
            yield return new ValidationResult(
                "Isolation is PidNamespace, which only Linux has. Set it to Standard.", [nameof(Isolation)]);
        }

        if (MemoryHardLimit < MemorySoftLimit)
        {
            yield return new ValidationResult(
                $"MemoryHardLimit ({MemoryHardLimit}) is less than MemorySoftLimit ({MemorySoftLimit}). Raise MemoryHardLimit.",
                [nameof(MemoryHardLimit)]);
        }

        if (BackoffLimit < BackoffBase)
        {
            yield return new ValidationResult(
                $"BackoffLimit ({BackoffLimit}) is less than BackoffBase ({BackoffBase}). Raise BackoffLimit.",
                [nameof(BackoffLimit)]);
        }
    }
}

/// <summary>What keeps children from outliving their owner.</summary>
public enum ProcessIsolation
{
    /// <summary>Groups, parent-death signal, guardian and sweep: nothing has survived them, and they need no rights.</summary>
    Standard,

    /// <summary>
    /// Besides, each process has a pid namespace of its own, at whose end the kernel ends everything in it. Linux; needs root or
    /// user namespaces, and the first start fails with the reason where it is not to be had.
    /// </summary>
    PidNamespace,
}
