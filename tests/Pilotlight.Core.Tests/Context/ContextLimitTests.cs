using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Context;

/// <summary>What of a conversation is sent: the oldest turns are dropped above one limit, and nothing is above the other.</summary>
public sealed class ContextLimitTests
{
    private const string Fits = "yes";
    private readonly LimitOptions _options = new();

    [Fact]
    public void The_limits_are_those_of_the_seed() => Assert.Equal((150_000, 180_000), new LimitOptions().For("sonnet"));

    [Fact]
    public async Task A_word_of_a_megabyte_is_counted_in_good_time()
    {
        // In one piece it would take the tokenizer hours; a word that is cut counts a token more at most for each cut.
        var count = await Task.Run(() => ContextLimits.Count(new string('é', 1 << 20)), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.InRange(count, 1 << 16, (1 << 20) + 16);
    }

    [Fact]
    public void What_is_far_above_the_limit_is_told_about_as_large_as_it_is()
    {
        (_options.SoftTokens, _options.HardTokens) = (500, 1000);
        var text = Words(200_000);
        var limits = new ContextLimits(Options.Create(_options), Options.Create(new ClaudeOptions()));

        foreach (var refused in new[] { Assert.Throws<ProblemException>(() => Fit(text)), Assert.Throws<ProblemException>(() => limits.Check(null, [text])) })
        {
            var told = long.Parse(System.Text.RegularExpressions.Regex.Match(refused.Message, "about ([0-9,]+) tokens").Groups[1].Value.Replace(",", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(told, ContextLimits.Count(text) * 0.8, ContextLimits.Count(text) * 1.2);
        }
    }

    [Fact]
    public void Text_counts_the_same_whether_it_is_counted_in_pieces_or_whole()
    {
        var sentence = "A pilot light is a small flame that is kept burning, so that the large one need not be struck. ";

        var pieces = ContextLimits.Count(string.Concat(Enumerable.Repeat(sentence, 200))) - ContextLimits.Count("");
        var whole = 200 * (ContextLimits.Count(sentence) - ContextLimits.Count(""));

        Assert.InRange(pieces, whole * 0.9, whole * 1.1);
    }

    [Fact]
    public void What_the_API_counted_is_taken_as_it_is_and_only_the_new_message_is_counted()
    {
        var added = (int)ContextLimits.Count(Fits);

        var atLimit = Fit(Fits, Turn("a", "b", 999), Turn("c", "d", 150_000 - added));
        var above = Fit(Fits, Turn("a", "b", 999), Turn("c", "d", 150_000 - added + 1));

        Assert.Equal((0, 0, 150_000), (atLimit.DroppedTurns, atLimit.NewlyDropped, atLimit.Tokens));
        Assert.True(above.NewlyDropped > 0);
    }

    [Fact]
    public void Above_the_soft_limit_the_oldest_turns_go_until_three_quarters_are_left()
    {
        (_options.SoftTokens, _options.HardTokens) = (1000, 2000);
        var turns = Enumerable.Range(0, 10).Select(_ => Turn(Words(90), Words(2), null)).ToArray();
        var each = ContextLimits.Count(Words(90)) + ContextLimits.Count(Words(2));

        var fit = Fit(Fits, [.. turns, Turn("x", "y", 1200)]);

        Assert.Equal((int)Math.Ceiling((1200 + ContextLimits.Count(Fits) - 750) / (double)each), fit.NewlyDropped);
        Assert.InRange(fit.Tokens, 750 - each, 750);
    }

    [Fact]
    public void Turns_that_were_dropped_stay_so_and_the_count_goes_on_from_there()
    {
        (_options.SoftTokens, _options.HardTokens) = (1000, 2000);
        var thread = Thread([Turn(Words(900), "b", null), Turn("c", "d", 500)]) with { };
        thread = thread with { Thread = thread.Thread with { DroppedTurns = 1 } };

        var fit = new ContextLimits(Options.Create(_options), Options.Create(new ClaudeOptions())).Fit(thread, Fits);
        var conversation = thread.ToConversation(fit.DroppedTurns);

        Assert.Equal((1, 0), (fit.DroppedTurns, fit.NewlyDropped));
        Assert.Equal(["c", "d"], conversation.History.Select(message => message.Text));
        Assert.NotEqual(thread.ToConversation(0).HistoryMark, conversation.HistoryMark);
    }

    [Fact]
    public void A_message_that_alone_is_above_the_hard_limit_is_refused_with_the_count_and_what_to_do()
    {
        (_options.SoftTokens, _options.HardTokens) = (500, 1000);
        var atLimit = Enumerable.Range(900, 200).Select(Words).Last(text => Total(text) <= 1000);
        var above = atLimit + Words(20);

        Assert.Equal(Total(atLimit), Fit(atLimit).Tokens);
        var problem = Assert.Throws<ProblemException>(() => Fit(above));

        Assert.Equal(ProblemKinds.ContextTooLong, problem.Problem.Kind);
        foreach (var part in new[] { $"{Total(above):N0} tokens", "1,000", "begin a new thread", "Pilotlight:Limits:HardTokens" })
        {
            Assert.Contains(part, problem.Message, StringComparison.Ordinal);
        }

        // A long history does not make a message too long: it is dropped.
        Assert.Equal(1, Fit(Fits, Turn(Words(3000), "b", 5000)).NewlyDropped);

        static long Total(string text) => ContextLimits.Count(text) + ContextLimits.Count("");
    }

    [Fact]
    public void A_model_may_have_limits_of_its_own()
    {
        _options.Models["haiku"] = new ModelLimits { SoftTokens = 10, HardTokens = 20 };

        Assert.Equal((10, 20), _options.For("Haiku"));
        Assert.Equal((150_000, 180_000), _options.For("sonnet"));
        Assert.Throws<ProblemException>(() => Fit(Words(100), "haiku"));
        Assert.Equal(0, Fit(Words(100)).NewlyDropped);
        _options.Models["haiku"].HardTokens = 5;
        Assert.Contains("haiku", Assert.Single(_options.Validate(null!)).ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Sums_over_several_requests_and_broken_off_answers_are_not_taken_for_the_context()
    {
        Assert.Equal(100, Stored("complete", null).ContextTokens);
        Assert.Null(Stored("complete", ["Bash"]).ContextTokens);
        Assert.Null(Stored("interrupted", null).ContextTokens);

        static HistoryTurn Stored(string status, string[]? tools) => HistoryTurn.Of(
        [
            new StoredMessage("q", "t", "n", "user", "q", "complete", null, null, null, null, null, null, null, default),
            new StoredMessage("a", "t", "n", "assistant", "a", status, "m", new TurnUsage(40, 30, 20, 10), null, null, null, null, tools, default),
        ]);
    }

    private ContextFit Fit(string text, params HistoryTurn[] turns) => Fit(text, null, turns);

    private ContextFit Fit(string text, string? model, params HistoryTurn[] turns)
    {
        var thread = Thread(turns);
        return new ContextLimits(Options.Create(_options), Options.Create(new ClaudeOptions()))
            .Fit(thread with { Thread = thread.Thread with { Model = model } }, text);
    }

    private static HotThread Thread(HistoryTurn[] turns) => new(new ChatThread("t", null, null, "", null, 0, default, default), turns);

    private static HistoryTurn Turn(string question, string answer, long? context) =>
        new([new HistoryMessage(HistoryRole.User, question), new HistoryMessage(HistoryRole.Assistant, answer)], context);

    private static string Words(int count) => string.Concat(Enumerable.Repeat("word ", count));
}
