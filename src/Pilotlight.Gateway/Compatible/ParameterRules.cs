using System.Text.Json;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Compatible;

/// <summary>A parameter whose answer the gateway cannot give.</summary>
/// <param name="IsHarmless">The values that change nothing.</param>
/// <param name="NextStep">What to do instead.</param>
internal sealed record EssentialParameter(Func<JsonElement, bool> IsHarmless, string NextStep);

/// <summary>Sorts the parameters of an API: those that are read, those that only tune, and those that the answer depends on.</summary>
internal sealed class ParameterRules
{
    // A header of them must stay one that every proxy passes on.
    private const int MostUnknown = 20;
    private const int LongestName = 40;

    /// <summary>Those that are read, or have no effect on the answer: who asks, and what the asker's bookkeeping needs.</summary>
    public required IReadOnlySet<string> Read { get; init; }

    /// <summary>Those that only tune and have no counterpart here, with the values that change nothing.</summary>
    public required IReadOnlyDictionary<string, Func<JsonElement, bool>> Tuning { get; init; }

    /// <summary>Those without which the answer would not be what was asked for.</summary>
    public required IReadOnlyDictionary<string, EssentialParameter> Essential { get; init; }

    /// <summary>Finds what is left aside, by name, and what is not known. What nobody knows fails no call.</summary>
    /// <exception cref="Core.Problems.ProblemException">The answer would not be what was asked for.</exception>
    public (IReadOnlyList<string> Tuning, IReadOnlyList<string> Unknown) Sort(JsonElement body)
    {
        var (tuning, unknown) = (new List<string>(), new List<string>());
        foreach (var property in body.EnumerateObject())
        {
            var (name, value) = (property.Name, property.Value);
            if (value.ValueKind == JsonValueKind.Null || Read.Contains(name))
            {
                continue;
            }

            if (Essential.TryGetValue(name, out var essential))
            {
                if (!essential.IsHarmless(value))
                {
                    throw Fault(name, $"{name} cannot be honoured here. {essential.NextStep}");
                }
            }
            else if (Tuning.TryGetValue(name, out var isDefault))
            {
                if (!isDefault(value))
                {
                    tuning.Add(name);
                }
            }
            else if (unknown.Count < MostUnknown && IsPlain(name))
            {
                unknown.Add(name);
            }
        }

        return (tuning, unknown);
    }

    public static bool IsNumber(JsonElement value, double number) => value.ValueKind == JsonValueKind.Number && value.GetDouble() == number;

    public static bool IsOff(JsonElement value) => value.ValueKind == JsonValueKind.False;

    public static bool Never(JsonElement value) => false;

    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        JsonValueKind.String => value.ValueEquals(""),
        _ => false,
    };

    /// <summary>Whether it is one of these texts, or an object whose type is.</summary>
    public static bool IsOneOf(JsonElement value, params ReadOnlySpan<string> texts) => value.ValueKind switch
    {
        JsonValueKind.String => texts.Contains(value.GetString()!),
        JsonValueKind.Object => value.Get("type") is { ValueKind: JsonValueKind.String } type && texts.Contains(type.GetString()!),
        _ => false,
    };

    // Whatever the caller sends stands in a header of the response.
    private static bool IsPlain(string name) =>
        name.Length is > 0 and <= LongestName && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.');
}
