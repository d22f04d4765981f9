namespace Pilotlight.Gateway.Compatible;

/// <summary>Ends an answer before the first of the texts that are to end it, also when one comes in pieces. One instance an answer.</summary>
internal sealed class StopSequences(IReadOnlyList<string> stops)
{
    private string _held = "";

    /// <summary>The text that ended the answer; null while none has.</summary>
    public string? Met { get; private set; }

    /// <summary>What of more text may pass now. What may be the beginning of a stop is held until more comes.</summary>
    public string Take(string text)
    {
        if (stops.Count == 0)
        {
            return text;
        }

        if (Met is not null)
        {
            return "";
        }

        var all = _held + text;
        var end = all.Length;
        foreach (var stop in stops)
        {
            if (all.IndexOf(stop, StringComparison.Ordinal) is >= 0 and var at && at < end)
            {
                (Met, end) = (stop, at);
            }
        }

        _held = Met is null ? all[(all.Length - Begun(all))..] : "";
        return Met is null ? all[..^_held.Length] : all[..end];
    }

    /// <summary>The answer is over: what was held was no stop.</summary>
    public string Flush()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>What was let through is void.</summary>
    public void Reset() => (_held, Met) = ("", null);

    // How much of the end may be the beginning of a stop.
    private int Begun(string text)
    {
        for (var length = Math.Min(text.Length, stops.Max(stop => stop.Length) - 1); length > 0; length--)
        {
            var end = text.AsSpan(text.Length - length);
            foreach (var stop in stops)
            {
                if (stop.Length > length && stop.AsSpan().StartsWith(end, StringComparison.Ordinal))
                {
                    return length;
                }
            }
        }

        return 0;
    }
}
