using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Reads the body of a compatible call; every fault names the place and what to do.</summary>
internal static class CallBody
{
    private static readonly string[] s_imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    /// <summary>The fault of one parameter.</summary>
    public static ProblemException Fault(string place, string detail) => RequestProblems.Parameter(place, detail);

    /// <summary>The value, unless it is absent or null.</summary>
    public static JsonElement? Get(this JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    public static string Text(this JsonElement item, string name, string place) => item.Get(name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        null => throw Fault(place, $"{place} is missing."),
        { } other => throw Fault(place, $"{place} is {Kind(other)}; it must be a string."),
    };

    public static bool Flag(this JsonElement item, string name, string place) => item.Get(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { } other => throw Fault(place, $"{place} is {Kind(other)}; it must be true or false."),
    };

    public static int? Positive(this JsonElement item, string name, string place) => item.Get(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var value) && value > 0 => value,
        { } other => throw Fault(place, $"{place} is {Kind(other)}; it must be a whole number above 0."),
    };

    public static IEnumerable<(JsonElement Item, string Place)> List(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Select((item, at) => item.ValueKind == JsonValueKind.Object
                ? (item, $"{place}[{at}]")
                : throw Fault($"{place}[{at}]", $"{place}[{at}] is {Kind(item)}; it must be an object."))
            : throw Fault(place, $"{place} is {Kind(value)}; it must be a list.");

    /// <summary>Refuses what is in an object and not known: better no answer than one that ignored what was asked for.</summary>
    public static void Only(this JsonElement item, string place, params ReadOnlySpan<string> known)
    {
        foreach (var property in item.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Null && !known.Contains(property.Name))
            {
                throw Fault($"{place}.{property.Name}", $"{place}.{property.Name} cannot be honoured here. Leave it out.");
            }
        }
    }

    public static UserImage Image(string mediaType, string base64, string place)
    {
        if (!s_imageTypes.Contains(mediaType, StringComparer.OrdinalIgnoreCase))
        {
            throw Fault(place, $"{place} is of the type '{Short(mediaType)}'; images may be {string.Join(", ", s_imageTypes)}.");
        }

        try
        {
            return new UserImage(mediaType.ToLowerInvariant(), Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            throw Fault(place, $"{place} is not valid base64.");
        }
    }

    /// <summary>An image out of a <c>data:</c> URL; others are refused, since the gateway fetches nothing for its callers.</summary>
    public static UserImage DataUrl(string url, string place)
    {
        const string Marker = ";base64,";
        var comma = url.IndexOf(Marker, StringComparison.OrdinalIgnoreCase);
        return url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) && comma > 0
            ? Image(url[5..comma], url[(comma + Marker.Length)..], place)
            : throw Fault(place, $"{place} must be a data URL, data:image/png;base64,… for instance: the gateway fetches no addresses for its callers.");
    }

    /// <summary>Splits what is said now off the end of all that was said. The user's messages that follow each other are one.</summary>
    public static (IReadOnlyList<CompatibleMessage> History, IReadOnlyList<UserContent> Content) Split(List<CompatibleMessage> messages)
    {
        var joined = new List<CompatibleMessage>();
        foreach (var message in messages)
        {
            if (message.Role == HistoryRole.User && joined is [.., { Role: HistoryRole.User } last])
            {
                joined[^1] = last with { Content = [.. last.Content, .. message.Content] };
            }
            else
            {
                joined.Add(message);
            }
        }

        CallerTools.CheckAnswered(joined);
        return joined is [.., { Role: HistoryRole.User, Content.Count: > 0 } now]
            ? (joined[..^1], now.Content)
            : throw Fault("messages", "The last message must be the user's, with something in it: it is what the model answers.");
    }

    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    public static string Short(string text) => text.Length > 60 ? string.Concat(text.AsSpan(0, 60), "…") : text;
}
