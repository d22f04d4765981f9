using System.Globalization;
using System.Text;

namespace Pilotlight.Processes;

/// <summary>Makes ready what one process has for itself alone, a folder or a credential, before it is started.</summary>
/// <param name="environment">The process's environment, to be added to.</param>
/// <returns>Disposed of when the process and all that it started have ended, or could not be started; null when there is nothing
/// to undo.</returns>
/// <remarks>
/// Runs on the one thread that starts all processes, so it must be quick. One that throws fails the start. What is returned is
/// disposed of on a thread of the pool, once, and must not throw.
/// </remarks>
public delegate IDisposable? ProcessPreparation(IDictionary<string, string?> environment);

/// <summary>All that makes two processes interchangeable: the pool's key.</summary>
/// <remarks>
/// Equal by value, the warm-up and the preparation left out; <see cref="Name"/> in any letters. Keep one instance and pass it
/// again: the pool then finds its processes by reference, without comparing. Lists are copied when they are set.
/// </remarks>
public record ProcessProfile
{
    private Hashed? _hashed;

    /// <summary>A name for logs, metrics and operators. Upper and lower case are the same.</summary>
    public required string Name
    {
        get;
        init
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(value);
            field = value;
        }
    }

    /// <summary>Absolute path of the program.</summary>
    public required string FileName
    {
        get;
        init
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(value);
            field = value;
        }
    }

    /// <summary>Its arguments, each as it is: no shell reads them.</summary>
    public IReadOnlyList<string> Arguments { get; init => field = [.. value]; } = [];

    /// <summary>
    /// What starts the program inside of something, bubblewrap say: its absolute path and its arguments, before the program's
    /// own. Default: none.
    /// </summary>
    /// <remarks>
    /// It must hand stdin, stdout and stderr through and end with the program. One that makes a pid namespace must end all of it
    /// when it is killed (bubblewrap: <c>--unshare-pid --die-with-parent</c>, without <c>--as-pid-1</c>). The program's file is
    /// still <see cref="FileName"/>: that is what is looked at for a newer version.
    /// </remarks>
    public IReadOnlyList<string> Wrapper { get; init => field = [.. value]; } = [];

    /// <summary>Its whole environment; nothing is inherited, and the pool adds only its own marks.</summary>
    public IReadOnlyDictionary<string, string> Environment
    {
        get;
        init => field = new Dictionary<string, string>(value, StringComparer.Ordinal);
    }
    = new Dictionary<string, string>();

    /// <summary>Its working directory. Default: this process's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>What each process gets for itself alone. Default: none.</summary>
    public ProcessPreparation? Prepare { get; init; }

    /// <summary>
    /// The handshake over its pipes that makes it ready to be handed out; one that throws says that the process is not fit to be
    /// used, and it is ended. Default: none, a started process is ready.
    /// </summary>
    /// <remarks>What comes of a handshake is handed to the lessee by <see cref="ProcessProfile{TState}"/>.</remarks>
    public Func<ChildProcess, CancellationToken, ValueTask>? WarmUp { get; init; }

    /// <inheritdoc/>
    public virtual bool Equals(ProcessProfile? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && EqualityContract == other.EqualityContract
            && Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase)
            && FileName == other.FileName
            && WorkingDirectory == other.WorkingDirectory
            && Arguments.SequenceEqual(other.Arguments)
            && Wrapper.SequenceEqual(other.Wrapper)
            && Environment.Count == other.Environment.Count
            && Environment.All(pair => other.Environment.TryGetValue(pair.Key, out var value) && value == pair.Value));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // A copy that was made by 'with' has this field too, and other values.
        if (_hashed is not { } hashed || !ReferenceEquals(hashed.Of, this))
        {
            _hashed = hashed = new Hashed(this, ComputeHash());
        }

        return hashed.Hash;
    }

    /// <summary>Made ahead for each process, so that an acquire allocates nothing.</summary>
    internal virtual WorkerLease CreateLease(Worker worker) => new(worker);

    /// <summary>The name and the program alone: the environment may hold secrets and the arguments user data.</summary>
    protected virtual bool PrintMembers(StringBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Append(CultureInfo.InvariantCulture, $"Name = {Name}, FileName = {FileName}");
        return true;
    }

    // The environment's order is nobody's promise, so it is left to Equals.
    private int ComputeHash()
    {
        var hash = default(HashCode);
        hash.Add(Name, StringComparer.OrdinalIgnoreCase);
        hash.Add(FileName);
        hash.Add(WorkingDirectory);
        foreach (var argument in Wrapper.Concat(Arguments))
        {
            hash.Add(argument);
        }

        return hash.ToHashCode();
    }

    private sealed class Hashed(ProcessProfile of, int hash)
    {
        public ProcessProfile Of => of;

        public int Hash => hash;
    }
}

/// <summary>A profile whose warm-up leaves something for the lessee: a connection over the process's pipes, say.</summary>
/// <typeparam name="TState">What that is. It is disposed of with the process, if it can be.</typeparam>
public sealed record ProcessProfile<TState> : ProcessProfile
    where TState : notnull
{
    /// <summary>
    /// The handshake over its pipes, and what the lessee finds as <see cref="WorkerLease{TState}.State"/>; one that throws says
    /// that the process is not fit to be used, and it is ended.
    /// </summary>
    public new required Func<ChildProcess, CancellationToken, ValueTask<TState>> WarmUp
    {
        get;
        init
        {
            field = value;
            base.WarmUp = async (process, cancellationToken) => process.State = await value(process, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public bool Equals(ProcessProfile<TState>? other) => base.Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();

    internal override WorkerLease CreateLease(Worker worker) => new WorkerLease<TState>(worker);
}
