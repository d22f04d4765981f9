namespace Pilotlight.Processes;

/// <summary>Brings a started process to the point where it can be handed out: a handshake over its pipes.</summary>
/// <remarks>Throws when the process is not fit to be used; the pool then ends it. What it leaves in <see cref="ChildProcess.State"/> goes to the lessee.</remarks>
public delegate ValueTask WarmUp(ChildProcess process, CancellationToken cancellationToken);

/// <summary>Makes ready what one process has for itself alone, a folder or a credential, before it is started.</summary>
/// <param name="environment">The process's environment, to be added to.</param>
/// <returns>Disposed of when the process and all that it started have ended, or could not be started; null when there is nothing to undo.</returns>
/// <remarks>
/// Runs on the one thread that starts all processes, so it must be quick. One that throws fails the start. What is returned is
/// disposed of on a thread of the pool, once, and must not throw.
/// </remarks>
public delegate IDisposable? ProcessPreparation(IDictionary<string, string?> environment);

/// <summary>All that makes two processes interchangeable: the pool's key.</summary>
/// <remarks>
/// Equal by value, <see cref="WarmUp"/> and <see cref="Prepare"/> left out. Keep one instance and pass it again: the pool then finds its processes by
/// reference, without comparing.
/// </remarks>
public sealed record ProcessProfile
{
    private int _hash;

    /// <summary>A name for logs and metrics.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of the program.</summary>
    public required string FileName { get; init; }

    /// <summary>Its arguments, each as it is: no shell reads them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Its whole environment; nothing is inherited, and the pool adds only its own marks.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Its working directory. Default: this process's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>What each process gets for itself alone. Default: none.</summary>
    public ProcessPreparation? Prepare { get; init; }

    /// <summary>The handshake before it is parked. Default: none, a started process is ready.</summary>
    public WarmUp? WarmUp { get; init; }

    /// <inheritdoc/>
    public bool Equals(ProcessProfile? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && Name == other.Name
            && FileName == other.FileName
            && WorkingDirectory == other.WorkingDirectory
            && Arguments.SequenceEqual(other.Arguments)
            && Environment.Count == other.Environment.Count
            && Environment.All(pair => other.Environment.TryGetValue(pair.Key, out var value) && value == pair.Value));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // The environment's order is nobody's promise, so it is left to Equals.
        if (_hash == 0)
        {
            var hash = default(HashCode);
            hash.Add(Name);
            hash.Add(FileName);
            hash.Add(WorkingDirectory);
            foreach (var argument in Arguments)
            {
                hash.Add(argument);
            }

            _hash = hash.ToHashCode() | 1;
        }

        return _hash;
    }

    // The environment may hold secrets and the arguments user data: neither belongs in a log.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(System.Globalization.CultureInfo.InvariantCulture, $"Name = {Name}, FileName = {FileName}");
        return true;
    }
}
