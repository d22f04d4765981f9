using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>The profiles' pools: which there are, which took whose place, and which were let go.</summary>
/// <remarks>Safe for concurrent use; finding one locks nothing. It alone ties pools to each other and closes them.</remarks>
internal sealed class ProfilePools(PoolServices services)
{
    private readonly Lock _gate = new();
    private readonly Lock _waitingGate = new();
    private readonly ConcurrentDictionary<ProcessProfile, ProfilePool> _byProfile = new();
    private ProfilePool[] _all = [];

    /// <summary>Every pool that may have processes; those that were let go stay until their last has ended.</summary>
    public IReadOnlyList<ProfilePool> All => Volatile.Read(ref _all);

    /// <summary>Processes that are starting, parked or leased.</summary>
    public int Total => All.Sum(pool => pool.Total);

    /// <summary>Processes that are starting.</summary>
    public int Starting => All.Sum(pool => pool.Upkeep.Starting);

    /// <summary>The profile's pool, made if there is none.</summary>
    public ProfilePool Find(ProcessProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (_byProfile.TryGetValue(profile, out var known))
        {
            return known;
        }

        lock (_gate)
        {
            return FindOrMake(profile);
        }
    }

    /// <summary>The pools whose profiles have a name, in any letters.</summary>
    public IReadOnlyList<ProfilePool> Named(string name) =>
        [.. All.Where(pool => pool.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];

    /// <summary>Lets one profile take another's place.</summary>
    public void Replace(ProcessProfile former, ProcessProfile changed)
    {
        lock (_gate)
        {
            var (before, after) = (FindOrMake(former).Newest, FindOrMake(changed));
            if (before != after)
            {
                Succession.Follow(after, before);
                after.IsRegistered |= before.IsRegistered;
            }
        }
    }

    /// <summary>Closes a profile's pool and those whose place it took; false when there is none.</summary>
    public bool LetGo(ProcessProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        lock (_gate)
        {
            if (!_byProfile.TryGetValue(profile, out var pool))
            {
                return false;
            }

            foreach (var closing in Succession.Leave(pool))
            {
                _byProfile.TryRemove(closing.Profile, out _);
                closing.Close();
            }

            return true;
        }
    }

    /// <summary>Drops a closed pool that has no processes left.</summary>
    public void Forget(ProfilePool pool)
    {
        lock (_gate)
        {
            Volatile.Write(ref _all, [.. _all.Where(other => other != pool)]);
        }

        pool.Dispose();
    }

    private ProfilePool FindOrMake(ProcessProfile profile)
    {
        if (!_byProfile.TryGetValue(profile, out var pool))
        {
            // One name is written in one way, whichever of its profiles came first.
            var name = Named(profile.Name) is [var first, ..] ? first.Name : profile.Name;
            pool = new ProfilePool(profile, name, _waitingGate, services);
            Volatile.Write(ref _all, [.. _all, pool]);
            _byProfile[profile] = pool;
        }

        return pool;
    }
}
