using System.ComponentModel.DataAnnotations;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire;

/// <summary>Finds everything that is wrong with the settings at once.</summary>
internal static class WireOptionsCheck
{
    public static IReadOnlyList<string> Faults(WireOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return [.. results.Select(result => result.ErrorMessage ?? "A setting is wrong.").Distinct(), .. OwnFaults(options).Where(fault => results.All(result => result.ErrorMessage != fault))];
    }

    public static IEnumerable<string> OwnFaults(WireOptions options)
    {
        foreach (var fault in UpstreamFactory.Faults([.. options.Upstreams]))
        {
            yield return fault;
        }

        if (options.Record is { Length: > 0 } && options.Replay is { Length: > 0 })
        {
            yield return "Pilotlight:Wire:Record and Replay exclude each other: what is answered from a folder needs no recording. Set one.";
        }

        if (options.Replay is { Length: > 0 } replay && !Directory.Exists(replay))
        {
            yield return $"Pilotlight:Wire:Replay: there is no folder '{replay}'. Record into it first, with Pilotlight:Wire:Record.";
        }

        if (!Enum.IsDefined(options.Direct))
        {
            yield return $"Pilotlight:Wire:Direct: there is no mode '{options.Direct}'. There are Auto and Never.";
        }
    }
}
