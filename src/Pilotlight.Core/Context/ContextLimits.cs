using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.ML.Tokenizers;
using Pilotlight.Claude;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Context;

/// <summary>What of a conversation is sent.</summary>
/// <param name="DroppedTurns">How many of its oldest turns are not.</param>
/// <param name="NewlyDropped">How many of them were at the last turn.</param>
/// <param name="Tokens">About how many tokens the rest and the new message have.</param>
internal sealed record ContextFit(int DroppedTurns, int NewlyDropped, long Tokens);

/// <summary>Keeps what is sent to a model within its context: drops the oldest turns, and refuses what still does not fit.</summary>
/// <remarks>
/// What the API counted at the last turn is taken as it is. Only what came since is counted here, and only when its bytes, of
/// which a token has at least one, could make a difference: an ordinary turn costs nothing. Safe for concurrent use.
/// </remarks>
internal sealed class ContextLimits(IOptions<LimitOptions> limits, IOptions<ClaudeOptions> claude)
{
    // What roles and separators add to a message.
    private const int MessageOverhead = 4;

    // So many are dropped at once that not every turn has to drop some: each time a process is told the conversation anew.
    private const double KeptShare = 0.75;

    // Characters counted at a time; a cut inside a word costs a token at most.
    private const int MaxPiece = 64;

    // Far above every limit: how many more there are is estimated from there on.
    private const long MostCounted = 1_000_000;

    private static readonly Lazy<Tokenizer> Tokens = new(() => TiktokenTokenizer.CreateForEncoding("o200k_base"));

    /// <summary>What of a thread is sent with a new message.</summary>
    /// <exception cref="ProblemException">It is more than the hard limit; says how much.</exception>
    public ContextFit Fit(HotThread thread, string text, Prompt? prompt = null)
    {
        text = prompt?.Words() ?? text;
        var model = prompt?.Model ?? thread.Thread.Model;
        var (soft, hard) = limits.Value.For(model ?? claude.Value.Model);
        var dropped = Math.Min(thread.Thread.DroppedTurns, thread.Turns.Count);
        var (known, uncounted) = Split(thread, dropped, text);
        known += prompt?.MediaTokens() ?? 0;
        var atMost = known + uncounted.Sum(part => (long)Encoding.UTF8.GetByteCount(part) + MessageOverhead);
        if (atMost <= soft)
        {
            return new ContextFit(dropped, 0, Math.Max(known, atMost / 3));
        }

        var own = Count(text, 2L * hard);
        if (own > hard)
        {
            throw TooLong(own + MessageOverhead, hard, model ?? claude.Value.Model);
        }

        var total = known + own + uncounted.Skip(1).Sum(Count); // The new message stands first among them.
        var before = dropped;
        if (total > soft)
        {
            for (; dropped < thread.Turns.Count && total > soft * KeptShare; dropped++)
            {
                total -= thread.Turns[dropped].Messages.Sum(message => Count(HistoryTurn.WordsOf(message))) + MediaTokens(thread.Turns[dropped]);
            }

            if (dropped == thread.Turns.Count)
            {
                total = own + Count(SystemPrompt(thread)) + (prompt?.MediaTokens() ?? 0); // Nothing is left of what the API counted.
            }
        }

        return total <= hard ? new ContextFit(dropped, dropped - before, total) : throw TooLong(total, hard, model ?? claude.Value.Model);
    }

    /// <summary>Refuses a conversation that its caller sends as a whole when it is more than the hard limit, and says how many tokens it has.</summary>
    /// <exception cref="ProblemException">It is more than the hard limit; says how much.</exception>
    public long Check(string? model, IEnumerable<string> parts)
    {
        var (_, hard) = limits.Value.For(model ?? claude.Value.Model);
        var all = parts.ToArray();
        var atMost = all.Sum(part => (long)Encoding.UTF8.GetByteCount(part) + MessageOverhead);
        if (atMost <= hard)
        {
            return atMost / 3;
        }

        var total = 0L;
        foreach (var part in all)
        {
            // From twice the limit on nobody needs to know exactly.
            total += total > 2L * hard ? part.Length / 4 : Count(part, (2L * hard) - total);
        }

        return total <= hard ? total : throw TooLong(total, hard, model ?? claude.Value.Model);
    }

    /// <summary>About how many tokens a message of this text has.</summary>
    public static long Count(string text) => Count(text, MostCounted);

    private static long Count(string text, long enough)
    {
        long total = MessageOverhead;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (total > enough)
            {
                return total + (rest.Length * total / (text.Length - rest.Length));
            }

            // The work that a word takes grows with the square of its length, and nothing keeps a caller from one of a megabyte.
            var cut = rest.Length <= MaxPiece ? rest.Length : rest[..MaxPiece].LastIndexOf(' ') is > 0 and var space ? space : MaxPiece;
            total += Tokens.Value.CountTokens(rest[..cut]);
            rest = rest[cut..];
        }

        return total;
    }

    // What the API counted, and what it has not seen yet.
    private (long Known, List<string> Uncounted) Split(HotThread thread, int dropped, string text)
    {
        var (uncounted, media) = (new List<string> { text }, 0L);
        for (var at = thread.Turns.Count - 1; at >= dropped; at--)
        {
            if (thread.Turns[at].ContextTokens is { } known)
            {
                return (known + media, uncounted);
            }

            uncounted.AddRange(thread.Turns[at].Messages.Select(HistoryTurn.WordsOf));
            media += MediaTokens(thread.Turns[at]);
        }

        uncounted.Add(SystemPrompt(thread));
        return (media, uncounted);
    }

    private static long MediaTokens(HistoryTurn turn) => turn.Prompt?.MediaTokens() ?? 0;

    private string SystemPrompt(HotThread thread) => thread.Thread.SystemPrompt ?? claude.Value.SystemPrompt;

    private static ProblemException TooLong(long tokens, int hard, string model) => new(new ContextProblem(
        ProblemKinds.ContextTooLong, "The conversation is too long",
        $"It has about {tokens:N0} tokens; at most {hard:N0} are sent to {model}. Send a shorter message, begin a new thread, or raise Pilotlight:Limits:HardTokens.",
        tokens,
        hard));
}

/// <summary>More tokens than may be sent.</summary>
/// <param name="Kind">A stable name for programs.</param>
/// <param name="Title">The same for people.</param>
/// <param name="Detail">The value at hand and the next step.</param>
/// <param name="Tokens">About how many they are.</param>
/// <param name="Most">How many may be sent.</param>
internal sealed record ContextProblem(string Kind, string Title, string Detail, long Tokens, long Most) : Problem(Kind, Title, Detail);
