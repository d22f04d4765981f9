using System.Text;

namespace Pilotlight.Claude.Tests.Protocol;

/// <summary>Breaks lines that a CLI printed, the same way for the same seed.</summary>
internal sealed class LineMutator(IReadOnlyList<byte[]> lines, int seed)
{
    private static readonly byte[][] Surprises =
    [
        .. new[]
        {
            "null", "[]", "{}", "\"\"", "-1", "1e400", "true", "{\"type\":\"result\"}", "\\u0000", "\\ud800", "\"", "\\", "[[[[[[[[", "}}}}", "\u00e9", "99999999999999999999",
            "\"type\":", "\"subtype\":", "\"message\":", "\"content\":", "\"event\":", "\"delta\":", "\"usage\":", "\"request_id\":",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF, 0xFE], [0xC3], [0xED, 0xA0, 0x80], [0x00], [0x0D],
    ];

    private readonly Random _random = new(seed);

    /// <summary>One more line, without its line feed; most are broken in one to eight places, some are whole.</summary>
    public byte[] Next()
    {
        var line = lines[_random.Next(lines.Count)].ToList();
        for (var change = _random.Next(0, 9); change > 0 && line.Count > 0; change--)
        {
            Change(line);
        }

        line.RemoveAll(value => value == (byte)'\n');
        return [.. line];
    }

    private void Change(List<byte> line)
    {
        var at = _random.Next(line.Count);
        var length = Math.Min(_random.Next(1, 40), line.Count - at);
        switch (_random.Next(7))
        {
            case 0:
                line[at] = (byte)_random.Next(256);
                break;
            case 1:
                line[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 2:
                line.RemoveRange(at, length);
                break;
            case 3:
                line.InsertRange(at, line.GetRange(at, length));
                break;
            case 4:
                line.InsertRange(at, Surprises[_random.Next(Surprises.Length)]);
                break;
            case 5:
                line.RemoveRange(at, line.Count - at);
                break;
            default:
                var other = lines[_random.Next(lines.Count)];
                var from = _random.Next(other.Length);
                line.InsertRange(at, other[from..Math.Min(other.Length, from + _random.Next(1, 200))]);
                break;
        }
    }
}
