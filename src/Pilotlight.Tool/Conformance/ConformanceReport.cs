using System.Diagnostics;

namespace Pilotlight.Tool.Conformance;

/// <summary>How a CLI compares with what we rely on.</summary>
/// <param name="Cli">Its path.</param>
/// <param name="Version">What it calls itself.</param>
/// <param name="Ok">Whether nothing differs.</param>
/// <param name="Checks">Each thing that we rely on, and how it came out.</param>
/// <param name="UnknownLines">Kinds of lines that are not known here; they break nothing.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record ConformanceReport(
    string Cli, string Version, bool Ok, IReadOnlyList<CheckOutcome> Checks, IReadOnlyList<string> UnknownLines, int Seconds)
{
    /// <summary>Runs everything.</summary>
    /// <exception cref="InvalidOperationException">The CLI does not run at all.</exception>
    public static async Task<ConformanceReport> CreateAsync(string cli, Action<CheckOutcome> done, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var facts = await CliFacts.AskAsync(cli, cancellationToken);
        var outcomes = new List<CheckOutcome> { Options(facts) };
        done(outcomes[0]);
        await foreach (var outcome in ConformanceSuite.RunAsync(cli, [.. ProtocolChecks.All, .. FaultChecks.All], cancellationToken))
        {
            outcomes.Add(outcome);
            done(outcome);
        }

        return new ConformanceReport(
            cli,
            facts.Version,
            outcomes.All(outcome => outcome.Difference is null),
            outcomes,
            Vocabulary.Unknown(outcomes.SelectMany(outcome => outcome.Lines)),
            (int)Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
    }

    private static CheckOutcome Options(CliFacts facts)
    {
        var missing = CliFacts.NeededOptions.Where(option => !facts.Options.Contains(option)).ToArray();
        return new CheckOutcome(
            "options", "Its help lists every option that it is started with.", missing.Length == 0 ? null : $"its help does not list {string.Join(", ", missing)}.", 0, []);
    }
}
