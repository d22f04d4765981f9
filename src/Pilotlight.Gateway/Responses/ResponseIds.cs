using System.Buffers;
using System.Globalization;

namespace Pilotlight.Gateway.Responses;

/// <summary>What turns and threads are called in the Responses API: by the same digits, so that each is found by the other.</summary>
internal static class ResponseIds
{
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    private const int Digits = 32;
    private const int IndexDigits = 4;

    /// <summary>A turn as a response.</summary>
    public static string OfTurn(string turnId) => "resp_" + HexOf(turnId);

    /// <summary>The turn that a response is; null for what cannot be one.</summary>
    public static string? TurnOf(string responseId) => IsHex(responseId, "resp_") ? "trn_" + responseId["resp_".Length..] : null;

    /// <summary>The thread that a conversation is: the API's own prefix is taken as well.</summary>
    public static string ThreadOf(string conversation) => IsHex(conversation, "conv_") ? "thr_" + conversation["conv_".Length..] : conversation;

    /// <summary>One item of a response's output.</summary>
    /// <param name="prefix"><c>msg</c>, <c>rs</c>, <c>fc</c> or <c>ctc</c>.</param>
    /// <param name="responseId">The response.</param>
    /// <param name="index">Its place.</param>
    public static string Item(string prefix, string responseId, int index) => string.Create(CultureInfo.InvariantCulture, $"{prefix}_{responseId["resp_".Length..]}{index:x4}");

    /// <summary>The response that an item is part of, and its place there; null for an item of somebody else's.</summary>
    public static (string ResponseId, int Index)? ItemOf(string itemId)
    {
        var rest = itemId[(itemId.IndexOf('_', StringComparison.Ordinal) + 1)..];
        return rest.Length == Digits + IndexDigits && IsHex("resp_" + rest[..Digits], "resp_")
            && int.TryParse(rest[Digits..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var index)
            ? ("resp_" + rest[..Digits], index)
            : null;
    }

    /// <summary>When a response was made, in seconds since 1970: its digits are of a version 7 UUID.</summary>
    public static long CreatedAt(string responseId) =>
        long.TryParse(responseId.AsSpan("resp_".Length, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds / 1000 : 0;

    private static string HexOf(string id) => id[(id.IndexOf('_', StringComparison.Ordinal) + 1)..];

    private static bool IsHex(string id, string prefix) =>
        id.Length == prefix.Length + Digits && id.StartsWith(prefix, StringComparison.Ordinal) && !id.AsSpan(prefix.Length).ContainsAnyExcept(s_hex);
}
