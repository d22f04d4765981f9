using Pilotlight.Claude;
using Pilotlight.Core.Access;

namespace Pilotlight.Gateway.Compatible;

/// <summary>The names that calls may ask for a model by.</summary>
internal static class ModelNames
{
    /// <summary>What the pinned CLI takes its aliases for; a test holds them against it.</summary>
    public static IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["sonnet"] = "claude-sonnet-5-5",
        ["opus"] = "claude-opus-5-5",
        ["haiku"] = "claude-haiku-5-5",
        ["fable"] = "claude-fable-5-2",
    };

    /// <summary>The names to list for a caller, those of the settings first: what is asked for when nothing is, and what names stand for.</summary>
    public static IReadOnlyList<string> Listed(ClaudeOptions claude, CompatibleOptions compatible, Caller caller) =>
    [
        .. claude.Profiles.Values.Select(profile => profile.Model).OfType<string>().Prepend(claude.Model)
            .Concat(compatible.Models.Keys).Concat(Aliases.Keys).Concat(Aliases.Values)
            .Distinct(StringComparer.Ordinal).Where(name => MayUse(caller, compatible, name)),
    ];

    /// <summary>Whether a call of the caller's may ask for it: what is listed, and every other model of Anthropic's, which the API knows.</summary>
    public static bool IsTaken(string name, ClaudeOptions claude, CompatibleOptions compatible, Caller caller) =>
        Listed(claude, compatible, caller).Contains(name, StringComparer.Ordinal) || (IsAnthropics(name) && MayUse(caller, compatible, name));

    private static bool MayUse(Caller caller, CompatibleOptions compatible, string name) =>
        caller.Limits.Models is not { } allowed || allowed.Contains(compatible.Models.TryGetValue(name, out var model) ? model : name, StringComparer.OrdinalIgnoreCase);

    private static bool IsAnthropics(string name) =>
        name.StartsWith("claude-", StringComparison.Ordinal) && name.Length is > 7 and <= 100
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.' or '@' or ':' or '[' or ']');
}
