using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Scale.Report;

/// <summary>What a node's knowledge of the others takes of its processor: a choice by it, and the reading of a pulse. On a real clock.</summary>
internal static class ChoiceCost
{
    private const int HotPerNode = 64;
    private const int Rounds = 300;

    public static string Table(IEnumerable<int> sizes)
    {
        var text = new StringBuilder().AppendLine("| nodes | a choice | reading a pulse | cores for the pulses of all others |").AppendLine("| --: | --: | --: | --: |");
        foreach (var size in sizes)
        {
            var nodes = Enumerable.Range(0, size).Select(Node).ToArray();
            var given = new int[size];
            var choice = Median(round => PlacementPolicy.Choose(nodes, given, $"thr_{size * HotPerNode * 2 + round:x32}", "chat"));
            var pulse = JsonSerializer.SerializeToUtf8Bytes(nodes[0], JsonSerializerOptions.Web);
            var read = Median(_ => JsonSerializer.Deserialize<NodeState>(pulse, JsonSerializerOptions.Web));
            text.AppendLine(CultureInfo.InvariantCulture, $"| {size:#,0} | {choice.TotalMicroseconds:#,0} µs | {read.TotalMicroseconds:0.0} µs | {2 * (size - 1) * read.TotalSeconds:0.000} |");
        }

        return text.ToString();
    }

    private static TimeSpan Median(Action<int> what)
    {
        var times = new TimeSpan[Rounds];
        for (var round = -Rounds; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            what(round);
            times[Math.Max(0, round)] = Stopwatch.GetElapsedTime(began);
        }

        return times.Order().ElementAt(Rounds / 2);
    }

    private static NodeState Node(int place) => new(
        $"machine-{place:000}:11111", "active", "", DateTimeOffset.UnixEpoch, 3, [new NodeProfile("chat", 2, 1, HotPerNode, HotPerNode, 2, 8, 123456, 1234, "ready", null)],
        [.. Enumerable.Range(place * HotPerNode, HotPerNode).Select(one => $"thr_{one:x32}")])
    {
        Epoch = place + 1,
        MaxProcesses = 160,
    };
}
