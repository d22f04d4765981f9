namespace Pilotlight.Wire.Upstreams;

/// <summary>The upstreams as they are configured now, in the order in which a call tries them.</summary>
/// <remarks>Immutable but for the upstreams' own state; a change of keys makes a new one. Safe for concurrent use.</remarks>
internal sealed class UpstreamSet(IReadOnlyList<Upstream> all)
{
    private uint _turn;

    public IReadOnlyList<Upstream> All => all;

    /// <summary>
    /// Those that serve a model: rested ones by priority, equal ones in turns; then those that still rest, the one that is
    /// ready first in front, so that the last resort is still a real answer.
    /// </summary>
    /// <param name="model">The model's full name; empty for a request that names none.</param>
    /// <param name="isSignedIn">Whether the caller brings its own sign-in, which goes to an upstream without a key and nowhere else.</param>
    public IReadOnlyList<Upstream> For(string model, bool isSignedIn)
    {
        var serving = all.Where(upstream => upstream.HasCredential != isSignedIn && (model.Length == 0 || upstream.Models.NameOf(model) is not null)).ToList();
        if (serving.Count < 2)
        {
            return serving;
        }

        var ordered = serving
            .Select(upstream => (Upstream: upstream, Rank: (upstream.Breaker.RestsUntil(model) ?? DateTimeOffset.MinValue, upstream.Priority)))
            .OrderBy(row => row.Rank)
            .ToList();
        var equals = ordered.TakeWhile(row => row.Rank == ordered[0].Rank).Count();
        var turn = (int)(Interlocked.Increment(ref _turn) % (uint)equals);
        return [.. ordered[turn..equals].Concat(ordered[..turn]).Concat(ordered[equals..]).Select(row => row.Upstream)];
    }
}
