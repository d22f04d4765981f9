namespace Pilotlight.Core.Threads;

/// <summary>Ids that sort by time and cannot be guessed: a prefix and a version 7 UUID.</summary>
internal static class Ids
{
    public static string New(string prefix) => $"{prefix}_{Guid.CreateVersion7():N}";
}
