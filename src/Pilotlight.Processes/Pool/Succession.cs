namespace Pilotlight.Processes;

/// <summary>Which pool took whose place: a line from the first configuration of something to its newest.</summary>
/// <remarks>Changed under the lock of <see cref="ProfilePools"/> alone; may be read by anybody.</remarks>
internal sealed class Succession(ProfilePool pool)
{
    private ProfilePool? _successor;
    private ProfilePool? _former;

    /// <summary>The pool that took this one's place; null for the newest.</summary>
    public ProfilePool? Successor => Volatile.Read(ref _successor);

    /// <summary>The pool whose place this one took; null for the first.</summary>
    public ProfilePool? Former => Volatile.Read(ref _former);

    /// <summary>This pool, or the last of those that took its place.</summary>
    public ProfilePool Newest
    {
        get
        {
            var newest = pool;
            while (newest.Succession.Successor is { } successor)
            {
                newest = successor;
            }

            return newest;
        }
    }

    /// <summary>Makes this pool the one that takes the place of <paramref name="before"/>, which is the newest of its line.</summary>
    public void Follow(ProfilePool before)
    {
        // A configuration that comes back leaves its place among the former ones.
        for (var other = before; other is not null; other = other.Succession.Former)
        {
            if (other.Succession.Former == pool)
            {
                Volatile.Write(ref other.Succession._former, Former);
            }
        }

        Volatile.Write(ref _successor, null);
        Volatile.Write(ref _former, before);
        Volatile.Write(ref before.Succession._successor, pool);
    }

    /// <summary>Takes this pool out of its line and returns what leaves with it: the newest takes along all whose place it took.</summary>
    public IReadOnlyList<ProfilePool> Leave()
    {
        if (Successor is not null)
        {
            Unlink();
            return [pool];
        }

        var leaving = new List<ProfilePool>();
        for (var other = pool; other is not null;)
        {
            leaving.Add(other);
            var former = other.Succession.Former;
            Volatile.Write(ref other.Succession._former, null);
            Volatile.Write(ref other.Succession._successor, null);
            other = former;
        }

        return leaving;
    }

    private void Unlink()
    {
        var (former, successor) = (Former, Successor!);
        Volatile.Write(ref successor.Succession._former, former);
        if (former is not null)
        {
            Volatile.Write(ref former.Succession._successor, successor);
        }

        Volatile.Write(ref _former, null);
        Volatile.Write(ref _successor, null);
    }
}
