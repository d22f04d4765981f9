using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Names a conversation by all that was said in it and by whose it is: equal only when all of it is equal.</summary>
/// <remarks>Every part is hashed with its length before it, so that no two different histories read the same.</remarks>
internal static class HistoryFingerprint
{
    /// <summary>
    /// Of the caller's key, the model, the system prompt, the tools, the schema of the answer, and every message with its images,
    /// calls and results. The order of a JSON object's properties is none of it, for clients may change it.
    /// </summary>
    public static string Exact(string keyId, CompatibleRequest request, params IEnumerable<CompatibleMessage> messages) =>
        Of("exact", keyId, "", request, messages, withAnswers: true);

    /// <summary>
    /// Of the conversation that the caller named. What the user said must still be equal; the answers are the process's own,
    /// and the caller vouches for them by naming it.
    /// </summary>
    public static string Named(string keyId, string name, CompatibleRequest request, params IEnumerable<CompatibleMessage> messages) =>
        Of("named", keyId, name, request, messages, withAnswers: false);

    private static string Of(
        string kind, string keyId, string name, CompatibleRequest request, IEnumerable<CompatibleMessage> messages, bool withAnswers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, kind);
        Add(hash, keyId);
        Add(hash, name);
        Add(hash, request.Model);
        Add(hash, request.SystemPrompt is null ? "none" : "some");
        Add(hash, request.SystemPrompt ?? "");
        foreach (var tool in request.Tools)
        {
            Add(hash, "tool");
            Add(hash, tool.Name);
            Add(hash, tool.Description);
            Add(hash, Canonical(tool.JsonSchema));
        }

        Add(hash, "schema");
        Add(hash, request.OutputSchema is { } schema ? Canonical(schema) : []);
        foreach (var message in messages)
        {
            Add(hash, message.Role == HistoryRole.User ? "user" : "assistant");
            if (message.Role == HistoryRole.Assistant)
            {
                Add(hash, withAnswers ? message.Text : "");
                foreach (var call in message.Calls)
                {
                    Add(hash, "call");
                    Add(hash, call.ToolUseId);
                    Add(hash, call.Name);
                    Add(hash, Canonical(call.Input));
                }

                continue;
            }

            foreach (var part in message.Content)
            {
                Add(hash, part);
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, UserContent part)
    {
        switch (part)
        {
            case UserText text:
                Add(hash, "text");
                Add(hash, text.Text);
                break;
            case UserImage image:
                Add(hash, image.MediaType);
                Add(hash, image.Data.Span);
                break;
            case UserImageAddress image:
                Add(hash, "image at");
                Add(hash, image.Address.AbsoluteUri);
                break;
            case UserDocument document:
                Add(hash, "document " + document.MediaType);
                Add(hash, document.Title ?? "");
                Add(hash, document.Data.Span);
                break;
            case UserDocumentAddress document:
                Add(hash, "document at");
                Add(hash, document.Title ?? "");
                Add(hash, document.Address.AbsoluteUri);
                break;
            case UserToolResult result:
                Add(hash, result.IsError ? "error" : "result");
                Add(hash, result.ToolUseId);
                Add(hash, result.Text);
                foreach (var more in result.Content ?? [])
                {
                    Add(hash, more);
                }

                Add(hash, "end");
                break;
            default:
                // What does not count would let two different histories pass for one.
                throw new ArgumentOutOfRangeException(nameof(part), part.GetType().Name, "This content has no place in a fingerprint.");
        }
    }

    private static ReadOnlySpan<byte> Canonical(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, value);
        }

        return buffer.WrittenSpan;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void Add(IncrementalHash hash, string text) => Add(hash, Encoding.UTF8.GetBytes(text));

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
