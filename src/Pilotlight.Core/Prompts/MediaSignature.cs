namespace Pilotlight.Core.Prompts;

/// <summary>Tells what bytes are by how they begin.</summary>
internal static class MediaSignature
{
    // Readers of PDF take what stands before its mark for rubbish, up to here.
    private const int PdfMarkWithin = 1024;

    /// <summary>The media type of an image or a PDF; null for what is neither.</summary>
    public static string? Of(ReadOnlySpan<byte> data) =>
        data.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "image/png"
        : data.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
        : data.StartsWith("GIF87a"u8) || data.StartsWith("GIF89a"u8) ? "image/gif"
        : data.StartsWith("RIFF"u8) && data.Length >= 12 && data[8..].StartsWith("WEBP"u8) ? "image/webp"
        : data.StartsWith("%PDF-"u8) ? "application/pdf"
        : null;

    /// <summary>Whether it can be read as a PDF.</summary>
    public static bool IsPdf(ReadOnlySpan<byte> data) => data[..Math.Min(data.Length, PdfMarkWithin)].IndexOf("%PDF-"u8) >= 0;
}
