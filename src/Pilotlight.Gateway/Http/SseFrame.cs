using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>A stored event as the bytes of a server-sent event, written where they are sent from.</summary>
internal static class SseFrame
{
    private const int MaxDigits = 20;

    /// <summary>Writes it; the event's JSON has no line breaks, which would end its data.</summary>
    public static void Write(IBufferWriter<byte> into, StoredEvent stored)
    {
        into.Write("id: "u8);
        Utf8Formatter.TryFormat(stored.Id, into.GetSpan(MaxDigits), out var digits);
        into.Advance(digits);
        into.Write("\nevent: "u8);
        Encoding.UTF8.GetBytes(stored.Type, into);
        into.Write("\ndata: "u8);
        Encoding.UTF8.GetBytes(stored.Data, into);
        into.Write("\n\n"u8);
    }
}
