using System.Buffers;
using Pilotlight.Wire.Bodies;
using Pilotlight.Wire.Protocols;

namespace Pilotlight.Wire.Forwarding;

/// <summary>A stream of events in which the end is told as <see cref="StopReasonEdit"/> has it.</summary>
internal sealed class EditedStream(Stream source) : ReadOnlyStream
{
    private readonly StopReasonEdit _edit = new();
    private readonly ArrayBufferWriter<byte> _ready = new();
    private int _given;
    private bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The forwarder waits with an empty buffer, which says nothing of an end.
        if (buffer.IsEmpty)
        {
            return _given < _ready.WrittenCount || _hasEnded ? 0 : await source.ReadAsync(buffer, cancellationToken);
        }

        while (_given == _ready.WrittenCount && !_hasEnded)
        {
            _ready.ResetWrittenCount();
            _given = 0;
            var read = await source.ReadAsync(buffer, cancellationToken);
            _hasEnded = read == 0;
            if (_hasEnded)
            {
                _edit.End(_ready);
            }
            else
            {
                _edit.Write(buffer.Span[..read], _ready);
            }
        }

        var count = Math.Min(buffer.Length, _ready.WrittenCount - _given);
        _ready.WrittenSpan.Slice(_given, count).CopyTo(buffer.Span);
        _given += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
