using System.Text;

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

    // Found by the million: what is just not nested too deep to be read was too deep to be stored, told and sent.
    [Theory]
    [InlineData(nameof(Door.Chat))]
    [InlineData(nameof(Door.Messages))]
    [InlineData(nameof(Door.Responses))]
    public void A_schema_as_deep_as_may_be_read_goes_all_the_way(string name)
    {
        var door = Enum.Parse<Door>(name);
        var schema = string.Concat(Enumerable.Repeat("""{"type":"object","properties":{"a":""", 29)) + "{}" + new string('}', 58);
        var tool = door switch
        {
            Door.Chat => $$$"""{"type":"function","function":{"name":"f","parameters":{{{schema}}}}}""",
            Door.Messages => $$$"""{"name":"f","input_schema":{{{schema}}}}""",
            _ => $$$"""{"type":"function","name":"f","parameters":{{{schema}}}}""",
        };
        var body = Encoding.UTF8.GetBytes($$"""{"model":"sonnet","max_tokens":9,"tools":[{{tool}}],"input":"hi","messages":[{"role":"user","content":"hi"}]}""");

        BodyFuzz.Prepare(BodyFuzz.Read(body, door));
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
