namespace Pilotlight.Claude.Permissions;

/// <summary>The CLI's permission modes that may be had: those that check.</summary>
internal static class PermissionModes
{
    public static IReadOnlyList<string> All { get; } = ["default", "acceptEdits", "plan", "dontAsk"];

    public static bool Has(string mode) => All.Contains(mode, StringComparer.Ordinal);
}
