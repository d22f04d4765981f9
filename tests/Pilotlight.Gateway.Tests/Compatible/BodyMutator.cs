using System.Text;
using System.Text.Json.Nodes;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>A body that a client sent.</summary>
/// <param name="Bytes">The body.</param>
/// <param name="Door">Which reader it was for.</param>
internal sealed record ClientBody(byte[] Bytes, Door Door);

/// <summary>The readers of requests that there are.</summary>
internal enum Door
{
    /// <summary><c>/v1/chat/completions</c>.</summary>
    Chat,

    /// <summary><c>/v1/messages</c>.</summary>
    Messages,

    /// <summary><c>/v1/responses</c>.</summary>
    Responses,
}

/// <summary>Breaks bodies that clients sent, the same way for the same seed: by their bytes, or by what their JSON means.</summary>
internal sealed class BodyMutator(IReadOnlyList<ClientBody> bodies, int seed)
{
    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "-1", "1", "100.0", "1e400", "-1e400", "9223372036854775808", "\"\"", "\" \"", "\"x\"", "[]", "{}", "[null]", "[[]]", "[{}]", "{\"type\":\"text\"}",
        "\"\\ud83d\"", "\"\\u0000\"", "\"auto\"", "\"user\"", "\"assistant\"", "\"system\"", "\"tool\"", "{\"type\":\"tool_use\"}", "{\"type\":\"tool_result\",\"content\":[{\"type\":\"image\"}]}",
        "[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"AAAA\"}}]", "\"data:;base64,\"", "\"data:,%\"", "\"http://[\"", "\"file:///etc/passwd\"", "\"{\\\"a\\\":\\\"\\\\ud800\\\"}\"",
        "{\"a\":1,\"a\":2}", "{\"\\ud83d\":{\"\\ud83d\":1}}",
    ];

    private static readonly byte[][] s_surprises =
    [
        .. new[] { "null", "[]", "{}", "\"\"", "1e400", "\\u0000", "\\ud800", "\\udc00", "\"", "\\", "[[[[[[[[", "}}}}", "é", "\"role\":", "\"type\":", "\"content\":", "\"tools\":", ",", ":" }.Select(Encoding.UTF8.GetBytes),
        [0xFF, 0xFE], [0xC3], [0xED, 0xA0, 0x80], [0x00], [0x0D], [0xEF, 0xBB, 0xBF],
    ];

    // The nodes that a body is changed by cannot hold half of a character, nor a name twice: such values are put in as text.
    private const string Mark = "@@";

    private readonly ClientBody[] _whole = [.. bodies.Where(body => body.Bytes.AsSpan().IndexOf("\\ud"u8) < 0)];
    private readonly Random _random = new(seed);

    /// <summary>One more body; most are broken in one to six places, some are whole, and some are for another API.</summary>
    public ClientBody Next()
    {
        var body = _random.Next(4) == 0 ? bodies[_random.Next(bodies.Count)] : _whole[_random.Next(_whole.Length)];
        var bytes = _random.Next(3) switch
        {
            0 => Broken(body.Bytes),
            1 when _whole.Contains(body) => Changed(body.Bytes),
            _ when _whole.Contains(body) => Broken(Changed(body.Bytes)),
            _ => Broken(body.Bytes),
        };
        return new ClientBody(bytes, _random.Next(10) == 0 ? (Door)_random.Next(3) : body.Door);
    }

    private byte[] Broken(byte[] whole)
    {
        var body = whole.ToList();
        for (var change = _random.Next(0, 4); change > 0 && body.Count > 0; change--)
        {
            var at = _random.Next(body.Count);
            var length = Math.Min(_random.Next(1, 40), body.Count - at);
            switch (_random.Next(5))
            {
                case 0:
                    body[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    body.RemoveRange(at, length);
                    break;
                case 2:
                    body.InsertRange(at, body.GetRange(at, length));
                    break;
                case 3:
                    body.InsertRange(at, s_surprises[_random.Next(s_surprises.Length)]);
                    break;
                default:
                    body.RemoveRange(at, body.Count - at);
                    break;
            }
        }

        return [.. body];
    }

    // What is still JSON gets further in than what is none.
    private byte[] Changed(byte[] whole)
    {
        var root = JsonNode.Parse(whole)!;
        for (var change = _random.Next(1, 7); change > 0; change--)
        {
            var nodes = All(root).ToArray();
            Change(nodes[_random.Next(nodes.Length)], nodes);
        }

        var text = new StringBuilder(root.ToJsonString());
        for (var value = 0; value < s_values.Length; value++)
        {
            text.Replace($"\"{Mark}{value}{Mark}\"", s_values[value]);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Change(JsonNode node, JsonNode[] all)
    {
        switch (node)
        {
            case JsonObject item:
                var name = item.Count == 0 || _random.Next(8) == 0 ? Name() : item.ElementAt(_random.Next(item.Count)).Key;
                if (_random.Next(4) == 0)
                {
                    item.Remove(name);
                }
                else
                {
                    item[name] = Value(all);
                }

                break;
            case JsonArray list when list.Count == 0 || _random.Next(3) == 0:
                list.Add(Value(all));
                break;
            case JsonArray list when _random.Next(3) == 0:
                list.RemoveAt(_random.Next(list.Count));
                break;
            case JsonArray list:
                list[_random.Next(list.Count)] = Value(all);
                break;
        }
    }

    private JsonNode? Value(JsonNode[] all)
    {
        switch (_random.Next(6))
        {
            case 0:
                // A part of the same body in another's place.
                return all[_random.Next(all.Length)].DeepClone();
            case 1 when _random.Next(10) == 0:
                return JsonValue.Create(new string('n', 10_000));
            case 1 when _random.Next(10) == 0:
                return Deep(_random.Next(1, 80));
            default:
                return JsonValue.Create($"{Mark}{_random.Next(s_values.Length)}{Mark}");
        }
    }

    private string Name() => _random.Next(4) switch
    {
        0 => new string('n', _random.Next(1, 10_000)),
        1 => "\uFFFD\0",
        2 => "type",
        _ => "content",
    };

    private static JsonArray Deep(int depth)
    {
        var inner = new JsonArray();
        for (; depth > 0; depth--)
        {
            inner = [inner];
        }

        return inner;
    }

    private static IEnumerable<JsonNode> All(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(pair => All(pair.Value)).Prepend(item),
        JsonArray list => list.SelectMany(All).Prepend(list),
        _ => [],
    };
}
