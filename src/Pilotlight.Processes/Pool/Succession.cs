namespace Pilotlight.Processes;

/// <summary>Changes which pool took whose place: a line from the first configuration of something to its newest.</summary>
/// <remarks>Under the lock of <see cref="ProfilePools"/>, which alone calls it.</remarks>
internal static class Succession
{
    /// <summary>
    /// Makes a pool the one that takes the place of <paramref name="before"/>, which is the newest of its line.
    /// </summary>
    public static void Follow(ProfilePool pool, ProfilePool before)
    {
        // A configuration that comes back leaves its place among the former ones.
        for (var other = before; other is not null; other = other.Former)
        {
            if (other.Former == pool)
            {
                other.Former = pool.Former;
            }
        }

        pool.Successor = null;
        pool.Former = before;
        before.Successor = pool;
    }

    /// <summary>
    /// Takes a pool out of its line and returns what leaves with it: the newest takes along all whose place it took.
    /// </summary>
    public static IReadOnlyList<ProfilePool> Leave(ProfilePool pool)
    {
        if (pool.Successor is { } successor)
        {
            successor.Former = pool.Former;
            pool.Former?.Successor = successor;
            (pool.Former, pool.Successor) = (null, null);
            return [pool];
        }

        var leaving = new List<ProfilePool>();
        for (var other = pool; other is not null;)
        {
            leaving.Add(other);
            var former = other.Former;
            (other.Former, other.Successor) = (null, null);
            other = former;
        }

        return leaving;
    }
}
