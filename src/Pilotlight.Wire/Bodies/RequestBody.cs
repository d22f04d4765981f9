using System.Text.Json;

namespace Pilotlight.Wire.Bodies;

/// <summary>The body of a call for a message: what the relay has to know of it, and where it is changed.</summary>
/// <remarks>One that is no JSON object is passed on as it is; the API is the judge of it.</remarks>
internal sealed class RequestBody
{
    private readonly ReadOnlyMemory<byte> _source;

    private RequestBody(ReadOnlyMemory<byte> source, JsonObjectEdit? members) => (_source, Members) = (source, members);

    /// <summary>Its members; null when it is no JSON object.</summary>
    public JsonObjectEdit? Members { get; }

    public string Model => Read("model", static (ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString() : null) ?? "";

    public bool IsStreaming => Read("stream", static (ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.True);

    public int? MaxTokens => Read("max_tokens", static (ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : (int?)null);

    public static RequestBody Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return new RequestBody(body, body.IsEmpty ? null : JsonObjectEdit.Parse(body));
        }
        catch (JsonException)
        {
            return new RequestBody(body, null);
        }
    }

    /// <summary>The body as it has become: the very bytes that came when nothing was set.</summary>
    public ReadOnlyMemory<byte> ToBytes() => Members?.ToBytes() ?? _source;

    /// <summary>The body as it goes to an upstream that has another name for the model.</summary>
    public ReadOnlyMemory<byte> ToBytes(string model)
    {
        if (Members is null || model == Model)
        {
            return ToBytes();
        }

        var renamed = JsonObjectEdit.Parse(ToBytes());
        renamed.Set("model", BodyJson.Write(model));
        return renamed.ToBytes();
    }

    private delegate T ReadToken<T>(ref Utf8JsonReader reader);

    private T? Read<T>(string name, ReadToken<T> read)
    {
        if (Members?.Find(name) is not { } value)
        {
            return default;
        }

        var reader = new Utf8JsonReader(value.Span);
        reader.Read();
        return read(ref reader);
    }
}
