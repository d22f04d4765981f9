using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Microbenchmarks;

/// <summary>A stored event as a server-sent event.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class Writing
{
    private readonly StoredEvent _event = new(17, "text.delta", """{"text":"and so the little lamp went on burning "}""");
    private readonly ArrayBufferWriter<byte> _into = new(4096);

    [Benchmark(Description = "an event as SSE")]
    public int Frame()
    {
        _into.ResetWrittenCount();
        SseFrame.Write(_into, _event);
        return _into.WrittenCount;
    }

    /// <summary>What one would write first.</summary>
    [Benchmark(Description = "the same by a string")]
    public int FrameByString()
    {
        _into.ResetWrittenCount();
        _into.Write(Encoding.UTF8.GetBytes($"id: {_event.Id}\nevent: {_event.Type}\ndata: {_event.Data}\n\n"));
        return _into.WrittenCount;
    }
}
