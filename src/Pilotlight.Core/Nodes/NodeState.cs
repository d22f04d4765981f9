using System.Text.Json.Serialization;

namespace Pilotlight.Core.Nodes;

/// <summary>One server as it is now, alone or among others.</summary>
/// <param name="Name">What it is called among those that share its database.</param>
/// <param name="State"><c>active</c>, <c>draining</c> (it stops, and takes no new turns) or <c>silent</c> (it has not been heard of for some seconds).</param>
/// <param name="Address">Where other nodes reach it; empty where it is alone.</param>
/// <param name="Since">When it began.</param>
/// <param name="Running">Turns in progress.</param>
/// <param name="Profiles">Its processes.</param>
/// <param name="Hot">The conversations that have a live process.</param>
public sealed record NodeState(
    string Name, string State, string Address, DateTimeOffset Since, int Running, IReadOnlyList<NodeProfile> Profiles, IReadOnlyList<string> Hot)
{
    /// <summary>The epoch that it runs turns under; 0 before it has one.</summary>
    public long Epoch { get; init; }

    /// <summary>How many processes it may have.</summary>
    public int MaxProcesses { get; init; }

    /// <summary>How many processes it may have beside those that it has.</summary>
    [JsonIgnore]
    public int Free => Math.Max(0, MaxProcesses - Profiles.Sum(profile => profile.Parked + profile.Starting + profile.Leased));
}

/// <summary>One profile's processes on one server.</summary>
/// <param name="Name">The profile.</param>
/// <param name="Parked">Processes that are ready and wait.</param>
/// <param name="Starting">Processes that are being started.</param>
/// <param name="Leased">Processes that are in use.</param>
/// <param name="Hot">Of those: the ones that hold a conversation.</param>
/// <param name="Target">How many are wanted parked.</param>
/// <param name="Max">The most that may be parked.</param>
/// <param name="WarmHits">Turns that found one parked.</param>
/// <param name="ColdStarts">Turns that had to wait for one to be started.</param>
/// <param name="State"><c>ready</c>, <c>warming</c>, <c>drained</c>, <c>open</c> or <c>half-open</c>.</param>
/// <param name="LastFailure">Why the last start failed; null when it did not.</param>
public sealed record NodeProfile(
    string Name, int Parked, int Starting, int Leased, int Hot, int Target, int Max, long WarmHits, long ColdStarts, string State, string? LastFailure);
