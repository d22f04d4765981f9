using System.Globalization;
using System.Text;

namespace Pilotlight.Scale.Report;

/// <summary>Runs as tables in Markdown.</summary>
internal static class Tables
{
    /// <summary>What people saw.</summary>
    public static string OfTurns(string first, IEnumerable<(string Name, Tally Tally)> runs)
    {
        var text = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"| {first} | turns a second | hot / ready / warm / cold | own part p50 | p95 | p99 | p99.9 | interrupted | refused |")
            .AppendLine("| --- | --: | --- | --: | --: | --: | --: | --: | --: |");
        foreach (var (name, tally) in runs)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {name} | {tally.TurnsPerSecond:#,0.0} | {Share(tally.Hot, tally):0.0} / {Share(tally.Ready, tally):0.0} / {Share(tally.Warm, tally):0.0} / {Share(tally.Cold, tally):0.0} % | {tally.Wait(0.5):0} ms | {tally.Wait(0.95):#,0} | {tally.Wait(0.99):#,0} | {tally.Wait(0.999):#,0} | {tally.Interrupted:#,0} | {tally.Refused:#,0} |");
        }

        return text.ToString();
    }

    /// <summary>What nodes had to bear.</summary>
    public static string OfNodes(string first, IEnumerable<(string Name, Tally Tally)> runs)
    {
        var text = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"| {first} | GiB of a node: mean | most | processes: mean | most | with a conversation: mean | turns at a time: mean | most | starts a second, all | handed over | moved |")
            .AppendLine("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
        foreach (var (name, tally) in runs)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {name} | {tally.MiB.Mean / 1024:0.0} | {tally.MiB.Max / 1024:0.0} | {tally.Processes.Mean:0} | {tally.Processes.Max:0} | {tally.HotOfNode.Mean:0} | {tally.Running.Mean:0.0} | {tally.Running.Max:0} | {tally.Starts / tally.Seconds:#,0.0} | {Share(tally.HandedOver, tally):0.0} % | {Share(tally.Moved, tally):0.00} % |");
        }

        return text.ToString();
    }

    /// <summary>What nodes say to each other.</summary>
    public static string OfMessages(IEnumerable<(string Name, BetweenNodes Said)> runs)
    {
        var text = new StringBuilder()
            .AppendLine("| nodes | pulses a second | bytes of one | a node sends, Mbit/s | probes | load news (Orleans) | of turns | all | connections |")
            .AppendLine("| --- | --: | --: | --: | --: | --: | --: | --: | --: |");
        foreach (var (name, said) in runs)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {name} | {said.Pulses:#,0} | {said.PulseBytes:#,0} | {said.PulseMbitPerNode:0.0} | {said.Probes:#,0} | {said.LoadNews:#,0} | {said.Turns:#,0} | {said.All:#,0} | {said.Connections:#,0} |");
        }

        return text.ToString();
    }

    /// <summary>What the database bears.</summary>
    public static string OfDatabase(IEnumerable<(string Name, OnDatabase Load)> runs)
    {
        var text = new StringBuilder()
            .AppendLine("| nodes | commits a second: turns | nodes | all | statements: turns | nodes | all | rows that looks for dead nodes go over | membership rows read |")
            .AppendLine("| --- | --: | --: | --: | --: | --: | --: | --: | --: |");
        foreach (var (name, load) in runs)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {name} | {load.TurnCommits:#,0} | {load.NodeCommits:#,0} | {load.Commits:#,0} | {load.TurnStatements:#,0} | {load.NodeStatements:#,0} | {load.Statements:#,0} | {load.RowsLookedAt:#,0} | {load.MembershipRows:#,0} |");
        }

        return text.ToString();
    }

    private static double Share(long part, Tally tally) => tally.Turns == 0 ? 0 : 100.0 * part / tally.Turns;
}
