using System.Text.Json;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Which parameters of an API can be honoured, and with which values.</summary>
internal sealed class ParameterRules
{
    /// <summary>Those that are read elsewhere, or have no effect on the answer: who asks, and what the asker's bookkeeping needs.</summary>
    public required IReadOnlySet<string> Taken { get; init; }

    /// <summary>Those that the CLI has no counterpart for, with the values that change nothing.</summary>
    public required IReadOnlyDictionary<string, Func<JsonElement, bool>> Harmless { get; init; }

    /// <summary>Those that say how the model picks its words, with the values that change nothing; the settings may say to ignore them.</summary>
    public required IReadOnlyDictionary<string, Func<JsonElement, bool>> Sampling { get; init; }

    /// <summary>Refuses what cannot be honoured; returns what was ignored because the settings say so.</summary>
    public IReadOnlyList<string> Check(JsonElement body, bool ignoreSampling)
    {
        var ignored = new List<string>();
        foreach (var property in body.EnumerateObject())
        {
            var (name, value) = (property.Name, property.Value);
            if (value.ValueKind == JsonValueKind.Null || Taken.Contains(name))
            {
                continue;
            }

            if (Sampling.TryGetValue(name, out var isDefault))
            {
                if (!isDefault(value))
                {
                    ignored.Add(ignoreSampling ? name : throw Fault(
                        name, $"{name} is {Kind(value)}, which the CLI cannot be told. Leave it out, or set Pilotlight:Compatible:Unsupported to Ignore on the gateway to have it ignored."));
                }
            }
            else if (!Harmless.TryGetValue(name, out var isHarmless))
            {
                throw Fault(Short(name), $"{Short(name)} is not known here. Leave it out.");
            }
            else if (!isHarmless(value))
            {
                throw Fault(name, $"{name} cannot be honoured by the CLI. Leave it out.");
            }
        }

        return ignored;
    }

    public static bool IsNumber(JsonElement value, double number) => value.ValueKind == JsonValueKind.Number && value.GetDouble() == number;

    public static bool IsOff(JsonElement value) => value.ValueKind == JsonValueKind.False;

    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    /// <summary>Whether it is one of these texts, or an object whose type is.</summary>
    public static bool IsOneOf(JsonElement value, params ReadOnlySpan<string> texts) => value.ValueKind switch
    {
        JsonValueKind.String => texts.Contains(value.GetString()!),
        JsonValueKind.Object => value.Get("type") is { ValueKind: JsonValueKind.String } type && texts.Contains(type.GetString()!),
        _ => false,
    };
}
