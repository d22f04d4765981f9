namespace Pilotlight.Scale.Workload;

/// <summary>What people do in a conversation: how often they ask, how long they think, how long the answers are. The same seed tells the same.</summary>
/// <remarks>
/// Turns: 4.6 on average, as in the 142,808 shared conversations of ShareChat (arXiv, December 2025), geometric by assumption. Answers: the tokens of the recorded hour, by tenths. Thinking is
/// an assumption, since no recording at hand tells it: lognormal, half of the pauses shorter than a minute, a tenth longer than five, one in forty longer than the ten minutes
/// for which a process waits.
/// </remarks>
internal sealed class People(Random random, TimeSpan medianThought)
{
    private const double MeanTurns = 4.6;
    private const double Spread = 1.2;

    private static readonly double[] s_tokens = [7, 54, 77, 91, 103, 129, 177, 384, 400, 424, 1000];

    /// <summary>How many turns a conversation has on average.</summary>
    public static double TurnsOnAverage => MeanTurns;

    /// <summary>How many turns a conversation has, one at least.</summary>
    public int Turns() => 1 + (int)(Math.Log(1 - random.NextDouble()) / Math.Log(1 - (1 / MeanTurns)));

    /// <summary>From an answer's end to the next question.</summary>
    public TimeSpan Thought() => medianThought * Math.Exp(Spread * Normal());

    /// <summary>How long an answer comes, from its first token.</summary>
    public TimeSpan Answer()
    {
        var at = random.NextDouble() * (s_tokens.Length - 1);
        var tokens = s_tokens[(int)at] + ((s_tokens[(int)at + 1] - s_tokens[(int)at]) * (at - (int)at));
        return TimeSpan.FromSeconds(tokens / Costs.TokensPerSecond);
    }

    /// <summary>How many come where so many are expected, each by himself (Poisson).</summary>
    public int Come(double expected)
    {
        // In pieces, since the product of many small numbers would be nothing.
        var come = 0;
        for (; expected > 30; expected -= 30)
        {
            come += Come(30);
        }

        var (limit, product) = (Math.Exp(-expected), random.NextDouble());
        for (; product > limit; product *= random.NextDouble())
        {
            come++;
        }

        return come;
    }

    /// <summary>A moment within a while.</summary>
    public TimeSpan Within(TimeSpan length) => length * random.NextDouble();

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
