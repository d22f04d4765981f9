using System.Buffers.Text;
using System.Text.Unicode;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Reads pictures and files. What the bytes say they are counts more than their label.</summary>
internal static class CallMedia
{
    private const string Pdf = "application/pdf";
    private const string PlainText = "text/plain";
    private const string Allowed = "image/png, image/jpeg, image/gif, image/webp, application/pdf and text";

    /// <summary>Reads base64 with a label.</summary>
    public static UserContent Read(string? label, string base64, string place, string? title = null)
    {
        var data = Decode(base64, place);
        var type = MediaSignature.Of(data) ?? Plain(label);
        return type switch
        {
            _ when data.Length == 0 => throw Fault(place, $"{place} is empty."),
            "image/png" or "image/jpeg" or "image/gif" or "image/webp" => new UserImage(type, data),
            Pdf => MediaSignature.IsPdf(data) ? new UserDocument(Pdf, data, title) : throw Fault(place, $"{place} is labelled {Pdf}, and its bytes are no PDF."),
            _ when IsText(type) => Utf8.IsValid(data) ? new UserDocument(PlainText, data, title) : throw Fault(place, $"{place} is labelled '{Short(type)}', and its bytes are no UTF-8."),
            _ => throw Fault(place, $"{place} is of the type '{Short(type)}'; what can be sent is {Allowed}."),
        };
    }

    /// <summary>Reads a <c>data:</c> URL, or an address that the API is to fetch: the gateway fetches nothing for its callers.</summary>
    public static UserContent Url(string url, string place, string? title = null)
    {
        if (Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return address!.AbsolutePath.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase) ? new UserDocumentAddress(address, title) : new UserImageAddress(address);
        }

        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (!url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) || comma < 0)
        {
            throw Fault(place, $"{place} must be a data URL, data:image/png;base64,… for instance, or an http address.");
        }

        var label = url[5..comma];
        return label.EndsWith(";base64", StringComparison.OrdinalIgnoreCase)
            ? Read(label, url[(comma + 1)..], place, title)
            : Read(label.Length == 0 ? PlainText : label, Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url[(comma + 1)..]))), place, title);
    }

    /// <summary>An address that the API is to fetch.</summary>
    public static Uri Address(string url, string place) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address!
            : throw Fault(place, $"{place} must be an http or https address.");

    // Without parameters and whitespace, and by the name that the API knows.
    private static string Plain(string? label)
    {
        var type = (label ?? "").Split(';')[0].Trim().ToLowerInvariant();
        return type switch
        {
            "image/jpg" or "image/pjpeg" or "image/jpe" or "jpg" or "jpeg" => "image/jpeg",
            "image/x-png" or "image/apng" or "png" => "image/png",
            "gif" => "image/gif",
            "webp" => "image/webp",
            "application/x-pdf" or "pdf" => Pdf,
            _ => type,
        };
    }

    private static bool IsText(string type) =>
        type.StartsWith("text/", StringComparison.Ordinal) || type is "application/json" or "application/xml" or "application/x-yaml" or "application/yaml" or "application/javascript";

    // Also the alphabet of addresses, and without its filling.
    private static byte[] Decode(string base64, string place)
    {
        try
        {
            return base64.AsSpan().ContainsAny('-', '_') || base64.Length % 4 != 0 && !base64.AsSpan().ContainsAny('\n', '\r', ' ')
                ? Base64Url.DecodeFromChars(base64.Replace('+', '-').Replace('/', '_'))
                : Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw Fault(place, $"{place} is not valid base64.");
        }
    }
}
