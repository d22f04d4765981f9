namespace Pilotlight.Tool.Bench;

/// <summary>One run of one way.</summary>
/// <param name="FirstTokenMs">Milliseconds from asking to the first text.</param>
/// <param name="EndMs">Milliseconds from asking to the end of the answer.</param>
internal readonly record struct Sample(double FirstTokenMs, double EndMs);

/// <summary>What a way is to be compared with, and its colour.</summary>
internal enum WayKind
{
    Cold,
    Stored,
    Warm,
    Hot,
    Floor,
}

/// <summary>The figures of one way to get an answer, run by run.</summary>
internal sealed record Series(string Name, WayKind Kind, string Explanation)
{
    /// <summary>How long the process had been silent before the turn, in words; empty where it was for a second or two.</summary>
    public string Idle { get; init; } = "";

    public List<Sample> Samples { get; } = [];

    public IEnumerable<double> FirstTokens => Samples.Select(sample => sample.FirstTokenMs);

    public IEnumerable<double> Ends => Samples.Select(sample => sample.EndMs);

    public double Median => Quantiles.Median(FirstTokens);
}
