using System.Buffers;
using System.Text;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Tests;

/// <summary>A stored event as the bytes of a server-sent event.</summary>
public sealed class SseFrameTests
{
    [Theory]
    [InlineData(1, "text.delta", """{"text":"a"}""")]
    [InlineData(long.MaxValue, "turn.failed", """{"problem":"Größe 漢字 😀"}""")]
    public void It_reads_as_the_format_has_it(long id, string type, string data)
    {
        var into = new ArrayBufferWriter<byte>();

        SseFrame.Write(into, new StoredEvent(id, type, data));

        Assert.Equal($"id: {id}\nevent: {type}\ndata: {data}\n\n", Encoding.UTF8.GetString(into.WrittenSpan));
    }

    [Fact]
    public void It_allocates_nothing()
    {
        var into = new ArrayBufferWriter<byte>(4096);
        var stored = new StoredEvent(17, "text.delta", """{"text":"and so the little lamp went on burning "}""");
        Write(into, stored, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Write(into, stored, 1000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Write(ArrayBufferWriter<byte> into, StoredEvent stored, int times)
    {
        for (var i = 0; i < times; i++)
        {
            into.ResetWrittenCount();
            SseFrame.Write(into, stored);
        }
    }
}
