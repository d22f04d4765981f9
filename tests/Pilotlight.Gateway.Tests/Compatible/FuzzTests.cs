namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Bodies that clients sent, broken: each is served or refused, none is a fault of ours. <c>benchmarks/Pilotlight.Fuzz</c> does a million.</summary>
public sealed class FuzzTests
{
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_broken_body_is_a_fault_of_ours(int seed)
    {
        var result = BodyFuzz.Run(BodyFuzz.Recorded(Path.Combine(AppContext.BaseDirectory, "Recorded")), 5_000, seed);

        Assert.True(result.Faults.Count == 0, string.Join('\n', result.Faults));
        Assert.True(result is { Served: > 100, Refused: > 1000 }, $"{result.Served} served, {result.Refused} refused");
        Assert.True(result.Slowest < TooLong, $"One took {result.Slowest}.");
    }

    [Fact]
    public void What_was_recorded_is_read_as_it_is()
    {
        foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Recorded"), "*.json"))
        {
            var refusal = Record.Exception(() => BodyFuzz.Read(File.ReadAllBytes(path), BodyFuzz.DoorOf(path)));
            Assert.True(refusal is null || path.Contains("refused", StringComparison.Ordinal) || path.Contains("fault", StringComparison.Ordinal) || path.Contains("count-tokens", StringComparison.Ordinal), $"{path}: {refusal?.Message}");
        }
    }
}
