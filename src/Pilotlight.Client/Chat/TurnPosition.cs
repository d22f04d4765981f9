using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Pilotlight.Client.Chat;

/// <summary>A place in a turn's events, as a continuation token holds it.</summary>
/// <param name="Thread">The thread.</param>
/// <param name="Turn">The turn.</param>
/// <param name="After">The last event that was seen; 0 for none.</param>
internal sealed record TurnPosition(string Thread, string Turn, long After)
{
    public ResponseContinuationToken ToToken() => ResponseContinuationToken.FromBytes(JsonSerializer.SerializeToUtf8Bytes(this, PositionJson.Default.TurnPosition));

    /// <exception cref="ArgumentException">The token is another client's.</exception>
    public static TurnPosition From(ResponseContinuationToken token)
    {
        try
        {
            if (JsonSerializer.Deserialize(token.ToBytes().Span, PositionJson.Default.TurnPosition) is { Thread.Length: > 0, Turn.Length: > 0, After: >= 0 } position)
            {
                return position;
            }
        }
        catch (JsonException)
        {
        }

        throw new ArgumentException("ChatOptions.ContinuationToken is not one of this client's. Pass the token of a response or an update as it came.");
    }
}

[JsonSerializable(typeof(TurnPosition))]
internal sealed partial class PositionJson : JsonSerializerContext;
