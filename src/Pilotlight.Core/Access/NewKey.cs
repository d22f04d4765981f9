using System.Text.Json.Serialization;

namespace Pilotlight.Core.Access;

/// <summary>A new key, as it is asked for.</summary>
/// <param name="Name">What its owner is called.</param>
/// <param name="IsAdmin">Whether it may see everybody's threads and usage, and manage keys.</param>
/// <param name="Limits">What it may use; nothing is without limits.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)] // A limit that is misspelled would be no limit.
public sealed record NewKey(string? Name, bool IsAdmin = false, KeyLimits? Limits = null);
