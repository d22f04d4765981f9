using System.Text.Json;

namespace Pilotlight.Tool.Chat;

/// <summary>What was typed before, kept in the data folder between runs, for its user alone.</summary>
/// <remarks>A file that cannot be read or written costs the history, not the chat.</remarks>
internal sealed class LineHistory
{
    private const int Most = 500;

    private readonly string? _file;
    private readonly List<string> _lines = [];

    private LineHistory(string? file) => _file = file;

    public int Count => _lines.Count;

    public string this[int at] => _lines[at];

    /// <summary>Reads the history of a data folder.</summary>
    public static LineHistory Open(string data)
    {
        var history = new LineHistory(Path.Combine(data, "chat.history"));
        try
        {
            history._lines.AddRange(File.ReadLines(history._file!).TakeLast(Most).Select(line => JsonSerializer.Deserialize<string>(line) ?? ""));
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or JsonException)
        {
            // The next line begins it anew.
        }

        return history;
    }

    /// <summary>Adds a line, unless it repeats the last one.</summary>
    public void Add(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || (_lines.Count > 0 && _lines[^1] == text))
        {
            return;
        }

        _lines.Add(text);
        if (_lines.Count > Most)
        {
            _lines.RemoveAt(0);
        }

        Write();
    }

    private void Write()
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var writer = new StreamWriter(_file!, options);
            foreach (var line in _lines)
            {
                writer.WriteLine(JsonSerializer.Serialize(line));
            }
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            // It is there for this run.
        }
    }
}
