namespace Pilotlight.WebConsole.Chat;

/// <summary>Names a thread after its first message.</summary>
internal static class Titles
{
    private const int MaxLength = 60;

    public static string Of(string message)
    {
        var line = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault() ?? "Untitled";
        if (line.Length <= MaxLength)
        {
            return line;
        }

        var cut = line.LastIndexOf(' ', MaxLength - 1);
        return line[..(cut > MaxLength / 2 ? cut : MaxLength - 1)] + "…";
    }
}
