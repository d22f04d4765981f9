using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Answers that end at a text.</summary>
public sealed class StopSequenceTests
{
    [Theory]
    [InlineData("one END two", "one ", "END")]
    [InlineData("one EN two", "one EN two", null)]
    [InlineData("END", "", "END")]
    [InlineData("one EN", "one EN", null)]
    [InlineData("EENDE", "E", "END")]
    [InlineData("a\n\nb", "a", "\n\n")]
    [InlineData("a \n b \n\n END", "a \n b ", "\n\n")]
    [InlineData("", "", null)]
    public void It_ends_there_however_it_comes_in_pieces(string answer, string told, string? met)
    {
        for (var size = 1; size <= Math.Max(1, answer.Length); size++)
        {
            var stops = new StopSequences(["END", "\n\n"]);

            var passed = string.Concat(answer.Chunk(size).Select(piece => stops.Take(new string(piece)))) + stops.Flush();

            Assert.Equal((told, met), (passed, stops.Met));
        }
    }

    [Fact]
    public void Nothing_is_held_that_cannot_be_a_stop()
    {
        var stops = new StopSequences(["END"]);

        Assert.Equal("hello ", stops.Take("hello E"));
        Assert.Equal("EXtra", stops.Take("Xtra"));
        Assert.Equal("as it is", new StopSequences([]).Take("as it is"));
    }

    [Fact]
    public void An_answer_that_begins_anew_is_looked_at_anew()
    {
        var stops = new StopSequences(["END"]);
        stops.Take("EN");

        stops.Reset();

        Assert.Equal("D!", stops.Take("D!"));
    }
}
