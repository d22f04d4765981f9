using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;

namespace Pilotlight.Core.Attachments;

/// <summary>The attachments of a message: a list of them beside it, their bytes in what its turn asks, in the same order.</summary>
public static class AttachmentList
{
    /// <summary>The list as it is stored.</summary>
    public static string Write(IEnumerable<Attachment> attachments) => JsonSerializer.Serialize([.. attachments], AttachmentJson.Default.AttachmentArray);

    /// <summary>A list as it was stored.</summary>
    public static IReadOnlyList<Attachment> Read(string json) => JsonSerializer.Deserialize(json, AttachmentJson.Default.AttachmentArray) ?? [];

    /// <summary>What a prompt brings, by ids that are new.</summary>
    internal static IReadOnlyList<Attachment> Of(Prompt? prompt) => prompt is null ? [] : [.. Files(prompt).Select(
        file => new Attachment($"att_{Guid.CreateVersion7():N}", file.MediaType, file.Name, file.Data.Length))];

    /// <summary>The bytes of the one at a place in the list; null when the prompt has none there.</summary>
    internal static ReadOnlyMemory<byte>? DataAt(Prompt prompt, int index) => Files(prompt).ElementAtOrDefault(index).Data is { Length: > 0 } data ? data : null;

    private static IEnumerable<(string MediaType, string? Name, ReadOnlyMemory<byte> Data)> Files(Prompt prompt) => prompt.Content
        .Where(part => part is UserImage or UserDocument)
        .Select(part => part is UserImage image ? (image.MediaType, image.Name, image.Data) : (((UserDocument)part).MediaType, ((UserDocument)part).Title, ((UserDocument)part).Data));
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Attachment[]))]
internal sealed partial class AttachmentJson : JsonSerializerContext;
