using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Http;

/// <summary>The whole of a request's body: its bytes, and the JSON in them.</summary>
internal sealed class JsonBody : IDisposable
{
    // Each value takes some bytes to index; 32 MiB of brackets would take hundreds.
    private const int MostValues = 2_000_000;
    private const int FewBytes = 1024 * 1024;
    private const int FirstBuffer = 16 * 1024;

    private readonly JsonDocument _document;

    private JsonBody(ReadOnlyMemory<byte> bytes, JsonDocument document) => (Bytes, _document) = (bytes, document);

    /// <summary>The bytes as they came, but for halves of characters, which are U+FFFD.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The value; of use until this is disposed.</summary>
    public JsonElement Root => _document.RootElement;

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="ProblemException">It is no JSON, in no UTF-8, or broken as it was compressed; says which.</exception>
    public static async Task<JsonBody> ReadAsync(HttpContext http) => http.Request.HasJsonContentType()
        ? Read(await ReadTextAsync(http))
        : throw HttpProblems.NotJson(http.Request.ContentType is { Length: > 0 } type ? type[..Math.Min(type.Length, 60)] : "none");

    /// <summary>Reads bytes, and keeps them: they must not change from here on.</summary>
    /// <exception cref="ProblemException">They are no JSON; says where.</exception>
    public static JsonBody Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (bytes.Length > FewBytes)
            {
                CheckCount(bytes.Span);
            }

            return new JsonBody(bytes, JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = JsonText.MaxDepth }));
        }
        catch (JsonException fault)
        {
            throw RequestProblems.Invalid(
                $"The body is not valid JSON, or is nested deeper than {JsonText.MaxDepth}: line {fault.LineNumber + 1}, position {fault.BytePositionInLine}.");
        }
    }

    /// <summary>Reads the bytes of a body that is JSON, and makes them fit to be read.</summary>
    /// <exception cref="ProblemException">They are not UTF-8, or broken as they were compressed.</exception>
    public static async Task<Memory<byte>> ReadTextAsync(HttpContext http)
    {
        var buffer = new MemoryStream((int)Math.Min(http.Request.ContentLength ?? 0, FirstBuffer));
        try
        {
            await http.Request.Body.CopyToAsync(buffer, http.RequestAborted);
        }
        catch (Exception fault) when (fault is InvalidDataException or InvalidOperationException)
        {
            // Brotli's reader says the second.
            throw RequestProblems.Invalid("The body cannot be unpacked: it is not what its Content-Encoding says. Send it again, or uncompressed.");
        }

        return Mended(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    /// <summary>The bytes of JSON, made fit to be read in place.</summary>
    /// <exception cref="ProblemException">They are not UTF-8.</exception>
    public static Memory<byte> Mended(Memory<byte> bytes)
    {
        if (bytes.Span.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        if (!JsonText.IsUtf8(bytes.Span))
        {
            throw RequestProblems.Invalid("The body is not UTF-8. JSON is sent in UTF-8: write your text in it, or with \\u escapes.");
        }

        JsonText.Mend(bytes.Span);
        return bytes;
    }

    public void Dispose() => _document.Dispose();

    private static void CheckCount(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonText.MaxDepth });
        for (var values = 0; reader.Read(); values++)
        {
            if (values > MostValues)
            {
                throw RequestProblems.Invalid($"The body has more than {MostValues:N0} values. Send less, or large parts of it as text.");
            }
        }
    }
}
