using System.Buffers;
using System.Text.Json;

namespace Pilotlight.Wire.Bodies;

/// <summary>One JSON object whose members can be set and removed while every other member keeps its bytes and its place.</summary>
/// <remarks>Nothing is parsed into values: a number, an escape or an unknown member goes out as it came in.</remarks>
internal sealed class JsonObjectEdit
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 512 };

    private readonly ReadOnlyMemory<byte> _source;
    private readonly List<Member> _members;
    private bool _isChanged;

    private JsonObjectEdit(ReadOnlyMemory<byte> source, List<Member> members) => (_source, _members) = (source, members);

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">It is not JSON, or not an object.</exception>
    public static JsonObjectEdit Parse(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, Reading);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A JSON object was expected.");
        }

        var members = new List<Member>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var key = Slice(json, reader.TokenStartIndex, reader.BytesConsumed);
            reader.Read();
            var start = reader.TokenStartIndex;
            reader.Skip();
            members.Add(new Member(name, TrimColon(key), Slice(json, start, reader.BytesConsumed)));
        }

        while (reader.Read())
        {
            // Whatever follows the object is a fault, and the reader says so.
        }

        return new JsonObjectEdit(json, members);
    }

    /// <summary>How many members there are.</summary>
    public int Count => _members.Count;

    /// <summary>A member's value as it stands; null when there is none.</summary>
    public ReadOnlyMemory<byte>? Find(string name)
    {
        var at = _members.FindLastIndex(member => member.Name == name);
        if (at < 0)
        {
            return null;
        }

        return _members[at].Value;
    }

    /// <summary>Puts a value in the place of the one that is there, or at the end.</summary>
    public void Set(string name, ReadOnlyMemory<byte> value)
    {
        _isChanged = true;
        var at = _members.FindLastIndex(member => member.Name == name);
        if (at >= 0)
        {
            _members[at] = _members[at] with { Value = value };
        }
        else
        {
            _members.Add(new Member(name, BodyJson.Write(name), value));
        }
    }

    /// <summary>Takes a member out.</summary>
    public void Remove(string name) => _isChanged |= _members.RemoveAll(member => member.Name == name) > 0;

    /// <summary>The object: the very bytes that were read when nothing was changed.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        if (!_isChanged)
        {
            return _source;
        }

        var buffer = new ArrayBufferWriter<byte>(_source.Length + 256);
        buffer.Write("{"u8);
        for (var i = 0; i < _members.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write(","u8);
            }

            buffer.Write(_members[i].Key.Span);
            buffer.Write(":"u8);
            buffer.Write(_members[i].Value.Span);
        }

        buffer.Write("}"u8);
        return buffer.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> json, long start, long end) => json[(int)start..(int)end];

    // The reader counts the colon, and the space before it, to the name.
    private static ReadOnlyMemory<byte> TrimColon(ReadOnlyMemory<byte> key) => key[..(key.Span.LastIndexOf((byte)'"') + 1)];

    private readonly record struct Member(string Name, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);
}
