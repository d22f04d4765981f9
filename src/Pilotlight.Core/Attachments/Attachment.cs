using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Core.Attachments;

/// <summary>A file that a message brings.</summary>
/// <param name="Id">Its id, <c>att_…</c>.</param>
/// <param name="MediaType">What its bytes are: <c>image/png</c>, <c>image/jpeg</c>, <c>image/gif</c>, <c>image/webp</c>, <c>application/pdf</c> or <c>text/plain</c>.</param>
/// <param name="Name">What people call it; null without a name.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record Attachment(string Id, string MediaType, string? Name, long Size);

/// <summary>A file to attach to a message.</summary>
/// <param name="MediaType">What it is; must agree with its bytes.</param>
/// <param name="Name">What people call it; at most 255 characters. Null for no name.</param>
/// <param name="Data">Its bytes, in base64.</param>
/// <param name="FileId">The id of a file that a message has brought before, in place of all the others.</param>
public sealed record NewAttachment(string? MediaType, string? Name, [property: JsonConverter(typeof(Base64))] byte[]? Data, string? FileId = null);

/// <summary>The bytes of an attachment.</summary>
/// <param name="Attachment">What it is.</param>
/// <param name="Data">Its bytes.</param>
public sealed record AttachmentData(Attachment Attachment, ReadOnlyMemory<byte> Data);

/// <summary>Reads base64 and says so where it is none.</summary>
internal sealed class Base64 : JsonConverter<byte[]>
{
    public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : throw new JsonException("data is not base64. Send the file's bytes in it, in the standard alphabet and with its filling.");

    public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) => writer.WriteBase64StringValue(value);
}
