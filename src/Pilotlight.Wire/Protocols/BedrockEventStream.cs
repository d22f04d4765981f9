using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Amazon.Runtime.EventStreams;
using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Protocols;

/// <summary>Reads Amazon's frames and gives the server-sent events that Anthropic's API would have sent, one for one.</summary>
internal sealed class BedrockEventStream(Stream frames) : ReadOnlyStream
{
    private const int Prelude = 12;
    private const int MaxFrame = 16 * 1024 * 1024;

    private readonly byte[] _prelude = new byte[Prelude];
    private ReadOnlyMemory<byte> _ready;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.IsEmpty)
        {
            if (await ReadFrameAsync(cancellationToken) is not { } message)
            {
                return 0;
            }

            _ready = Event(message);
        }

        var count = Math.Min(_ready.Length, buffer.Length);
        _ready[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            frames.Dispose();
        }

        base.Dispose(disposing);
    }

    // Length of all, length of the headers, checksum; then headers, payload, checksum. The checksums are Amazon's library's to compare.
    private async ValueTask<EventStreamMessage?> ReadFrameAsync(CancellationToken cancellationToken)
    {
        var read = await frames.ReadAtLeastAsync(_prelude, Prelude, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        var length = read == Prelude ? BinaryPrimitives.ReadInt32BigEndian(_prelude) : 0;
        if (length is < Prelude + 4 or > MaxFrame)
        {
            throw new IOException("Bedrock's stream broke off, or is not in the form of Amazon's event streams.");
        }

        var frame = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _prelude.CopyTo(frame, 0);
            await frames.ReadExactlyAsync(frame.AsMemory(Prelude, length - Prelude), cancellationToken);
            return EventStreamMessage.FromBuffer(frame, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    private static byte[] Event(EventStreamMessage message)
    {
        using var payload = JsonDocument.Parse(message.Payload.Length > 0 ? message.Payload : "{}"u8.ToArray());
        if (Header(message, ":message-type") != "event")
        {
            var text = payload.RootElement.TryGetProperty("message", out var said) ? said.GetString() : null;
            return Error(Header(message, ":exception-type") ?? Header(message, ":error-code"), text ?? Header(message, ":error-message") ?? "Bedrock ended the stream.");
        }

        if (!payload.RootElement.TryGetProperty("bytes", out var bytes))
        {
            return [];
        }

        var data = bytes.GetBytesFromBase64();
        using var inner = JsonDocument.Parse(data);
        var type = inner.RootElement.TryGetProperty("type", out var name) ? name.GetString() : "message";
        return [.. "event: "u8, .. System.Text.Encoding.UTF8.GetBytes(type ?? ""), .. "\ndata: "u8, .. data, .. "\n\n"u8];
    }

    private static byte[] Error(string? kind, string text)
    {
        var type = kind is "throttlingException" or "serviceUnavailableException" ? "overloaded_error" : "api_error";
        return
        [
            .. "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\""u8, .. System.Text.Encoding.UTF8.GetBytes(type),
            .. "\",\"message\":"u8, .. BodyJson.Write(text), .. "}}\n\n"u8,
        ];
    }

    private static string? Header(EventStreamMessage message, string name) => message.Headers.TryGetValue(name, out var header) ? header.AsString() : null;
}
