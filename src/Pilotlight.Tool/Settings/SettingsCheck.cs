using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Pilotlight.Claude;
using Pilotlight.Cluster;
using Pilotlight.Core.Access;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Processes;
using Pilotlight.Simulator;
using Pilotlight.Wire;

namespace Pilotlight.Tool.Settings;

/// <summary>Finds every fault of the settings at once, before anything is started.</summary>
internal static class SettingsCheck
{
    // A section may be shared by the options of two parts.
    internal static readonly (string Section, Type[] Options)[] Sections =
    [
        (ClaudeOptions.Section, [typeof(ClaudeOptions)]),
        (WarmPoolOptions.Section, [typeof(WarmPoolOptions)]),
        (ClaudeSessionOptions.Section, [typeof(ClaudeSessionOptions)]),
        (StorageOptions.Section, [typeof(StorageOptions)]),
        (RelayOptions.Section, [typeof(RelayOptions), typeof(StreamOptions)]),
        (CompatibleOptions.Section, [typeof(CompatibleOptions)]),
        (ProxyOptions.Section, [typeof(ProxyOptions)]),
        (WireOptions.Section, [typeof(WireOptions)]),
        (LimitOptions.Section, [typeof(LimitOptions)]),
        (ClusterOptions.Section, [typeof(ClusterOptions)]),
        (SimulatorOptions.Section, [typeof(SimulatorOptions)]),
    ];

    /// <summary>The faults, each with the setting, its value and what to do; none when all is well.</summary>
    public static IReadOnlyList<string> Faults(IConfiguration configuration)
    {
        var faults = new List<string>();
        foreach (var unknown in configuration.GetSection("Pilotlight").GetChildren()
            .Where(child => !Sections.Any(known => Same(known.Section, "Pilotlight:" + child.Key))))
        {
            faults.Add($"Pilotlight:{unknown.Key} is not a section of the settings; there are {string.Join(", ", Sections.Select(known => known.Section[11..]))}.");
        }

        foreach (var (section, types) in Sections)
        {
            Check(configuration.GetSection(section), types, faults);
        }

        return faults;
    }

    private static void Check(IConfigurationSection section, Type[] types, List<string> faults)
    {
        var options = types.Select(type => Activator.CreateInstance(type)!).ToArray();
        var known = options.SelectMany(of => of.GetType().GetProperties().Select(property => (Of: of, Property: property))).ToArray();
        foreach (var child in section.GetChildren())
        {
            var (of, property) = known.FirstOrDefault(candidate => Same(candidate.Property.Name, child.Key));
            if (property is null)
            {
                faults.Add($"{child.Path} is not a setting; there are {string.Join(", ", known.Select(setting => setting.Property.Name))}.");
                continue;
            }

            faults.AddRange(UnknownSettings.In(child, property.PropertyType));
            try
            {
                Bind(of, property, child);
            }
            catch (Exception fault) when (fault is InvalidOperationException or FormatException)
            {
                faults.Add($"{child.Path} is '{child.Value}', which is not {Kind(property.PropertyType)}.");
            }
        }

        foreach (var of in options)
        {
            var results = new List<ValidationResult>();
            Validator.TryValidateObject(of, new ValidationContext(of), results, validateAllProperties: true);
            faults.AddRange(results.Select(result => $"{section.Path}: {Explain(result, of)}"));
        }
    }

    private static void Bind(object options, PropertyInfo property, IConfigurationSection value)
    {
        if (property.CanWrite && value.Value is not null)
        {
            property.SetValue(options, value.Get(property.PropertyType));
        }
        else
        {
            value.Bind(property.GetValue(options));
        }
    }

    private static string Explain(ValidationResult result, object options)
    {
        var name = result.MemberNames.FirstOrDefault();
        var value = name is null ? null : options.GetType().GetProperty(name)?.GetValue(options);
        return value is null ? $"{result.ErrorMessage}" : $"{result.ErrorMessage} It is '{value}'.";
    }

    /// <summary>What a value must be, in words.</summary>
    internal static string Kind(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(TimeSpan) ? "a time such as 00:00:30"
            : plain == typeof(bool) ? "true or false"
            : plain.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(plain))
            : plain == typeof(int) ? "a whole number"
            : plain == typeof(double) ? "a number"
            : "of its kind, " + plain.Name;
    }

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
