using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;

namespace Pilotlight.Core.Attachments;

/// <summary>The attachments of a message: a list of them beside it, their bytes in what its turn asks, in the same order.</summary>
public static class AttachmentList
{
    private const string Prefix = "att_";
    private const string MessagePrefix = "msg_";
    private const int Digits = 32;
    private const int IndexDigits = 4;

    /// <summary>The list as it is stored.</summary>
    public static string Write(IEnumerable<Attachment> attachments) => JsonSerializer.Serialize([.. attachments], AttachmentJson.Default.AttachmentArray);

    /// <summary>A list as it was stored.</summary>
    public static IReadOnlyList<Attachment> Read(string json) => JsonSerializer.Deserialize(json, AttachmentJson.Default.AttachmentArray) ?? [];

    /// <summary>What a prompt brings with a message, by ids that name the message: a file is found by its id alone.</summary>
    internal static IReadOnlyList<Attachment> Of(Prompt? prompt, string messageId) => prompt is null ? [] : [.. Files(prompt).Select((file, at) => file switch
    {
        UserImage image => new Attachment(IdOf(messageId, at), image.MediaType, image.Name, image.Data.Length),
        UserDocument document => new Attachment(IdOf(messageId, at), document.MediaType, document.Title, document.Data.Length),
        _ => throw new ArgumentOutOfRangeException(nameof(prompt), file.GetType().Name, "This content is no file."),
    })];

    /// <summary>The message that brought a file first; null for an id of an earlier version, which does not say.</summary>
    internal static string? MessageOf(string attachmentId) =>
        attachmentId.Length == Prefix.Length + Digits + IndexDigits && attachmentId.StartsWith(Prefix, StringComparison.Ordinal)
            ? string.Concat(MessagePrefix, attachmentId.AsSpan(Prefix.Length, Digits)) : null;

    /// <summary>The file at a place in the list; null when the prompt has none there.</summary>
    internal static UserContent? FileAt(Prompt prompt, int index) => Files(prompt).ElementAtOrDefault(index);

    /// <summary>The bytes of a file.</summary>
    internal static ReadOnlyMemory<byte> DataOf(UserContent file) => file is UserImage image ? image.Data : ((UserDocument)file).Data;

    private static IEnumerable<UserContent> Files(Prompt prompt) => prompt.Content.Where(part => part is UserImage or UserDocument);

    private static string IdOf(string messageId, int at) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{messageId.AsSpan(messageId.IndexOf('_', StringComparison.Ordinal) + 1)}{at:x4}");
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Attachment[]))]
internal sealed partial class AttachmentJson : JsonSerializerContext;
