using System.Text.Json;
using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Rehearsals;

/// <summary>One message of a request, as the CLI wrote it, and what of it is changed.</summary>
internal sealed class WrittenMessage
{
    private readonly JsonObjectEdit _members;

    private WrittenMessage(JsonObjectEdit members) => _members = members;

    public string Role => Text(_members.Find("role")) ?? "";

    /// <summary>The content when it is a plain string; null when it is blocks.</summary>
    public string? PlainText => Text(_members.Find("content"));

    /// <summary>The content's blocks; none when it is a plain string.</summary>
    public List<ReadOnlyMemory<byte>> Blocks => _members.Find("content") is { } content ? JsonArrayEdit.Read(content) : [];

    /// <summary>The text, where the content is that alone: a plain string, or one block.</summary>
    public string? OnlyText => PlainText ?? (Blocks is [var only] ? TextOf(only) : null);

    /// <summary>The CLI's settings for the calls from here on; null where it changes none.</summary>
    public ReadOnlyMemory<byte>? Settings => _members.Find("output_config");

    /// <summary>Whether it carries settings and says nothing.</summary>
    public bool IsSettingsAlone => Settings is not null && PlainText is null && Blocks.Count == 0;

    public static WrittenMessage Parse(ReadOnlyMemory<byte> json) => new(JsonObjectEdit.Parse(json));

    /// <summary>The text of a block that is text; null of any other.</summary>
    public static string? TextOf(ReadOnlyMemory<byte> block) => Text(JsonObjectEdit.Parse(block).Find("text"));

    public void SetPlainText(string text) => _members.Set("content", BodyJson.Write(text));

    public void SetBlocks(IReadOnlyList<ReadOnlyMemory<byte>> blocks) => _members.Set("content", JsonArrayEdit.Write(blocks));

    public void SetSettings(ReadOnlyMemory<byte>? settings)
    {
        if (settings is { } value)
        {
            _members.Set("output_config", value);
        }
        else
        {
            _members.Remove("output_config");
        }
    }

    /// <summary>Takes the mark for the API's cache off its last block, and returns it; null when there is none.</summary>
    public ReadOnlyMemory<byte>? TakeCacheMark()
    {
        if (Blocks is not [.., var last] blocks || JsonObjectEdit.Parse(last) is not { } block || block.Find("cache_control") is not { } mark)
        {
            return null;
        }

        block.Remove("cache_control");
        blocks[^1] = block.ToBytes();
        SetBlocks(blocks);
        return mark;
    }

    /// <summary>Puts a mark for the API's cache on a message that is text alone; a mark stands on a block.</summary>
    public void SetCacheMark(ReadOnlyMemory<byte> mark)
    {
        var block = JsonObjectEdit.Parse("""{"type":"text"}"""u8.ToArray());
        block.Set("text", BodyJson.Write(OnlyText!));
        block.Set("cache_control", mark);
        SetBlocks([block.ToBytes()]);
    }

    /// <summary>Writes one block of text as the plain string that the CLI makes of it where it carries no mark.</summary>
    public void Simplify()
    {
        if (PlainText is null && Blocks is [var only] && TextOf(only) is { } text && JsonObjectEdit.Parse(only).Count == 2)
        {
            SetPlainText(text);
        }
    }

    public ReadOnlyMemory<byte> ToBytes() => _members.ToBytes();

    private static string? Text(ReadOnlyMemory<byte>? json)
    {
        if (json is not { } value)
        {
            return null;
        }

        var reader = new Utf8JsonReader(value.Span);
        return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
    }
}
