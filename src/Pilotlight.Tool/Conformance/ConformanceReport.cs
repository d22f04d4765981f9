using System.Diagnostics;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Core.Problems;

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
    /// <param name="cli">The CLI's binary.</param>
    /// <param name="isStraight">Whether it calls the simulator by itself, and not through the relay.</param>
    /// <param name="done">Told each outcome as it comes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">The CLI does not run at all.</exception>
    public static async Task<ConformanceReport> CreateAsync(string cli, bool isStraight, Action<CheckOutcome> done, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var able = await AskAsync(cli, cancellationToken);
        var version = able.Version ?? throw new InvalidOperationException(able.Problem);
        var outcomes = new List<CheckOutcome> { new("options", "It is new enough, and its help lists every option that it is started with.", able.Problem, 0, []) };
        outcomes.Add(new("idle warmth", "It knows the variable that keeps idle processes fast.", await IdleWarmth.IsKnownToAsync(cli, cancellationToken) ? null
            : "its binary does not name BUN_IDLE_GC_SECONDS any more: after two minutes of silence its turns are twice as slow. Set Pilotlight:Claude:CoolWhenIdle, or look for what took its place.", 0, []));
        outcomes.ForEach(done);
        await foreach (var outcome in ConformanceSuite.RunAsync(cli, [.. ProtocolChecks.All, .. FaultChecks.All], isStraight, cancellationToken))
        {
            outcomes.Add(outcome);
            done(outcome);
        }

        return new ConformanceReport(
            cli,
            version.ToString(),
            outcomes.All(outcome => outcome.Difference is null),
            outcomes,
            Vocabulary.Unknown(outcomes.SelectMany(outcome => outcome.Lines)),
            (int)Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
    }

    // In a home of its own: what it says of itself needs nothing of the user's.
    private static async Task<ClaudeCapabilities> AskAsync(string cli, CancellationToken cancellationToken)
    {
        var home = Directory.CreateTempSubdirectory("pilotlight-conformance-");
        try
        {
            var options = Options.Create(new ClaudeOptions { HomeDirectory = home.FullName });
            return await ClaudeCapabilities.OfAsync(cli, new ClaudeHome(options), TimeProvider.System).WaitAsync(cancellationToken);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
