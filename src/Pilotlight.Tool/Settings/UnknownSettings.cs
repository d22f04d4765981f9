using Microsoft.Extensions.Configuration;

namespace Pilotlight.Tool.Settings;

/// <summary>Finds settings that nothing reads, at any depth, by their name or by their value: one that is taken in silence is taken for set.</summary>
internal static class UnknownSettings
{
    /// <summary>A fault for each setting below <paramref name="section"/> that <paramref name="type"/> has no property for, or whose value is not of its kind.</summary>
    public static IEnumerable<string> In(IConfigurationSection section, Type type)
    {
        if (ElementOf(type) is { } element)
        {
            return section.GetChildren().SelectMany(child => Value(child, element).Concat(In(child, element)));
        }

        return IsGroup(type) ? section.GetChildren().SelectMany(child => InGroup(child, type)) : [];
    }

    private static IEnumerable<string> InGroup(IConfigurationSection setting, Type group)
    {
        var known = group.GetProperties().Where(property => IsSetting(property.PropertyType)).ToArray();
        return Array.Find(known, property => property.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)) is { } property
            ? Value(setting, property.PropertyType).Concat(In(setting, property.PropertyType))
            : [$"{setting.Path} is not a setting; there are {string.Join(", ", known.Select(one => one.Name))}."];
    }

    // Inside a list or a dictionary a value that cannot be read takes the whole of its entry with it, and nobody is told.
    private static IEnumerable<string> Value(IConfigurationSection setting, Type type)
    {
        if (!type.IsValueType || setting.Value is null)
        {
            return [];
        }

        try
        {
            setting.Get(type);
            return [];
        }
        catch (Exception fault) when (fault is InvalidOperationException or FormatException)
        {
            return [$"{setting.Path} is '{setting.Value}', which is not {SettingsCheck.Kind(type)}."];
        }
    }

    /// <summary>Whether it can be set; what else options hold, delegates and functions, is for code alone.</summary>
    internal static bool IsSetting(Type type) => ElementOf(type) is { } element
        ? IsSetting(element)
        : type.IsValueType || type == typeof(string) || type == typeof(Uri) || (IsGroup(type) && type.GetConstructor([]) is not null);

    /// <summary>Whether it has settings of its own.</summary>
    internal static bool IsGroup(Type type) =>
        type is { IsClass: true, IsAbstract: false } && !type.IsSubclassOf(typeof(Delegate)) && type.Namespace!.StartsWith("Pilotlight", StringComparison.Ordinal);

    /// <summary>What a dictionary by name or a list holds; null for anything else.</summary>
    internal static Type? ElementOf(Type type) => type == typeof(string) ? null
        : type.GetInterfaces().Prepend(type).Where(one => one.IsGenericType).Select(one =>
            one.GetGenericTypeDefinition() == typeof(IDictionary<,>) ? one.GetGenericArguments()[1]
            : one.GetGenericTypeDefinition() == typeof(IList<>) ? one.GetGenericArguments()[0]
            : null).FirstOrDefault(one => one is not null);
}
