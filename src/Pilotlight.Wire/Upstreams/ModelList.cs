namespace Pilotlight.Wire.Upstreams;

/// <summary>Which models an upstream serves, and what it calls them.</summary>
internal sealed class ModelList(IEnumerable<string> entries)
{
    private readonly (string Name, string? Theirs)[] _entries = [.. entries.Select(Read)];

    /// <summary>What the upstream calls a model; null when it does not serve it.</summary>
    public string? NameOf(string model)
    {
        if (_entries.Length == 0)
        {
            return model;
        }

        foreach (var (name, theirs) in _entries)
        {
            if (name.EndsWith('*') ? model.StartsWith(name[..^1], StringComparison.Ordinal) : model == name)
            {
                return theirs ?? model;
            }
        }

        return null;
    }

    private static (string Name, string? Theirs) Read(string entry)
    {
        var at = entry.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? (entry.Trim(), null) : (entry[..at].Trim(), entry[(at + 1)..].Trim());
    }
}
