namespace Pilotlight.Wire.Upstreams;

/// <summary>Remembers, for all processes together, that an upstream is better left alone for a while.</summary>
/// <remarks>
/// A refusal that is about a model (429, 529) rests that model, any other fault the whole upstream. The rest is what the upstream
/// named, or one that doubles with each fault in a row. Safe for concurrent use.
/// </remarks>
internal sealed class CircuitBreaker(TimeProvider time)
{
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestNamedRest = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, State> _states = new(StringComparer.Ordinal);

    /// <summary>Until when it rests for a model; null when it does not.</summary>
    public DateTimeOffset? RestsUntil(string model)
    {
        lock (_gate)
        {
            var until = Max(Until(""), Until(model));
            return until > time.GetUtcNow() ? until : null;
        }
    }

    /// <summary>It failed; <paramref name="model"/> is null when that says something of all models.</summary>
    public void Fail(string? model, TimeSpan? named)
    {
        lock (_gate)
        {
            var failures = (_states.TryGetValue(model ?? "", out var state) ? state.Failures : 0) + 1;
            var rest = named is { } asked && asked > TimeSpan.Zero
                ? (asked < LongestNamedRest ? asked : LongestNamedRest)
                : TimeSpan.FromTicks(Math.Min(LongestRest.Ticks, FirstRest.Ticks << Math.Min(failures - 1, 8)));
            _states[model ?? ""] = new State(failures, time.GetUtcNow() + rest);
        }
    }

    /// <summary>It served a call for a model.</summary>
    public void Succeed(string model)
    {
        lock (_gate)
        {
            _states.Remove("");
            _states.Remove(model);
        }
    }

    private DateTimeOffset Until(string scope) => _states.TryGetValue(scope, out var state) ? state.Until : DateTimeOffset.MinValue;

    private static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private readonly record struct State(int Failures, DateTimeOffset Until);
}
