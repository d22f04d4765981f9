using System.Text.Unicode;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;

namespace Pilotlight.Core.Attachments;

/// <summary>Reads files that come with a message: what they are is found in their bytes, and their label must say the same.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class AttachmentReader(IOptions<LimitOptions> limits)
{
    private const string Pdf = "application/pdf";
    private const string PlainText = "text/plain";
    private const int LongestName = 255;
    private const int LongestType = 100;
    private const string Allowed = "image/png, image/jpeg, image/gif, image/webp, application/pdf and text";

    /// <summary>Reads one file that comes with its bytes.</summary>
    /// <exception cref="ProblemException">It cannot be sent; names it and the next step.</exception>
    public UserContent Read(NewAttachment? attachment, string place) => attachment is null
        ? throw RequestProblems.Parameter(place, $"{place} is null; it must have a mediaType and data, or a fileId.")
        : Read(attachment.MediaType, attachment.Name, attachment.Data, place);

    /// <summary>What a message asks with files that were read; null for a message without any.</summary>
    /// <exception cref="ProblemException">They are too many or too large.</exception>
    public Prompt? Join(string text, IReadOnlyList<UserContent> files)
    {
        CheckCount(files.Count);
        var size = Prompt.SizeOf(files);
        return files.Count == 0 ? null
            : size > limits.Value.AttachmentsBytes
                ? throw TooLarge($"The attachments have {size:N0} bytes; a message may bring {limits.Value.AttachmentsBytes:N0}. Send some with the next message.")
                : new Prompt { Content = text.Length > 0 ? [.. files, new UserText(text)] : files };
    }

    /// <summary>Reads one file.</summary>
    /// <exception cref="ProblemException">It cannot be sent; names it and the next step.</exception>
    public UserContent Read(string? label, string? name, ReadOnlyMemory<byte> data, string place)
    {
        if (data.Length > limits.Value.AttachmentBytes)
        {
            throw TooLarge($"{place} has {data.Length:N0} bytes; at most {limits.Value.AttachmentBytes:N0} are taken. Send less of it, or raise Pilotlight:Limits:AttachmentBytes.");
        }

        if (data.IsEmpty)
        {
            throw RequestProblems.Parameter(place, $"{place} is empty. Leave it out, or send its bytes in data.");
        }

        var (type, title) = (Plain(label, place), Name(name, place));
        var found = MediaSignature.Of(data.Span) ?? (MediaSignature.IsPdf(data.Span) && type == Pdf ? Pdf : IsText(data.Span) ? PlainText : null);
        return found switch
        {
            null => throw RequestProblems.Parameter(place, $"{place} is labelled '{type}', and its bytes are none of {Allowed}. Convert it to one of them."),
            PlainText when IsTextType(type) => new UserDocument(PlainText, data, title),
            Pdf when type == Pdf => new UserDocument(Pdf, data, title),
            _ when found == type => new UserImage(found, data) { Name = title },
            _ => throw RequestProblems.Parameter(place, $"{place} is labelled '{type}', and its bytes are {found}. Send it as what it is."),
        };
    }

    /// <summary>Refuses a message that brings too many.</summary>
    /// <exception cref="ProblemException">They are too many.</exception>
    public void CheckCount(int count)
    {
        if (count > limits.Value.Attachments)
        {
            throw RequestProblems.Parameter("attachments", $"There are {count} attachments; at most {limits.Value.Attachments} are taken. Send the others with the next message.");
        }
    }

    // Without parameters, and by the name that the API knows.
    private static string Plain(string? label, string place)
    {
        if (string.IsNullOrWhiteSpace(label) || label.Length > LongestType)
        {
            throw RequestProblems.Parameter(place + ".mediaType", $"{place}.mediaType is {(label is { Length: > LongestType } ? $"of {label.Length} characters" : "missing")}; say what it is: {Allowed}.");
        }

        var type = label.Split(';')[0].Trim().ToLowerInvariant();
        return type switch { "image/jpg" or "image/pjpeg" => "image/jpeg", "image/x-png" => "image/png", "application/x-pdf" => Pdf, _ => type };
    }

    private static string? Name(string? name, string place) => name switch
    {
        null or "" => null,
        { Length: > LongestName } => throw RequestProblems.Parameter(place + ".name", $"{place}.name has {name.Length} characters; at most {LongestName} are taken."),
        _ => string.Concat(name.Select(letter => char.IsControl(letter) ? '\uFFFD' : letter)),
    };

    private static bool IsTextType(string type) =>
        type.StartsWith("text/", StringComparison.Ordinal) || type is "application/json" or "application/xml" or "application/x-yaml" or "application/yaml" or "application/javascript";

    private static bool IsText(ReadOnlySpan<byte> data) => !data.Contains((byte)0) && Utf8.IsValid(data);

    private static ProblemException TooLarge(string detail) => new(new Problem(ProblemKinds.AttachmentTooLarge, "The attachment is too large", detail));
}
