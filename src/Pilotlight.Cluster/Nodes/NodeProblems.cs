using System.Text.Json;
using Pilotlight.Core.Problems;

namespace Pilotlight.Cluster.Nodes;

/// <summary>Problems as they go between nodes.</summary>
internal static class NodeProblems
{
    // Another node may take what this one does not.
    private static readonly HashSet<string> s_own = new(StringComparer.Ordinal) { ProblemKinds.Stopping, ProblemKinds.TooManyTurns };

    /// <summary>As JSON; null for one of this node alone.</summary>
    public static string? Write(Problem problem) => s_own.Contains(problem.Kind) ? null : JsonSerializer.Serialize(problem, NodeJson.Default.Problem);

    /// <summary>One that another node told.</summary>
    public static ProblemException Read(string json) => new(JsonSerializer.Deserialize(json, NodeJson.Default.Problem)!);
}
