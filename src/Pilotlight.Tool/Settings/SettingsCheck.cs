using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Pilotlight.Claude;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Turns;
using Pilotlight.Processes;
using Pilotlight.Simulator;

namespace Pilotlight.Tool.Settings;

/// <summary>Finds every fault of the settings at once, before anything is started.</summary>
internal static class SettingsCheck
{
    private static readonly (string Section, Type Options)[] Sections =
    [
        (ClaudeOptions.Section, typeof(ClaudeOptions)),
        (WarmPoolOptions.Section, typeof(WarmPoolOptions)),
        (ClaudeSessionOptions.Section, typeof(ClaudeSessionOptions)),
        (StorageOptions.Section, typeof(StorageOptions)),
        (RelayOptions.Section, typeof(RelayOptions)),
        (LimitOptions.Section, typeof(LimitOptions)),
        (SimulatorOptions.Section, typeof(SimulatorOptions)),
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

        foreach (var (section, type) in Sections)
        {
            Check(configuration.GetSection(section), type, faults);
        }

        return faults;
    }

    private static void Check(IConfigurationSection section, Type type, List<string> faults)
    {
        var options = Activator.CreateInstance(type)!;
        foreach (var child in section.GetChildren())
        {
            var property = type.GetProperties().FirstOrDefault(candidate => Same(candidate.Name, child.Key));
            if (property is null)
            {
                faults.Add($"{child.Path} is not a setting; there are {string.Join(", ", type.GetProperties().Select(known => known.Name))}.");
                continue;
            }

            try
            {
                Bind(options, property, child);
            }
            catch (Exception fault) when (fault is InvalidOperationException or FormatException)
            {
                faults.Add($"{child.Path} is '{child.Value}', which is not {Kind(property.PropertyType)}.");
            }
        }

        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        faults.AddRange(results.Select(result => $"{section.Path}: {Explain(result, options)}"));
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

    private static string Kind(Type type)
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
