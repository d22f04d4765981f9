using System.Text.Json.Nodes;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Native;

/// <summary>Completes a stored <c>turn.failed</c>, which knows its kind of problem, with the HTTP status that fits.</summary>
internal static class FailedEvent
{
    public static StoredEvent WithStatus(StoredEvent stored)
    {
        if (stored.Type != TurnEventJson.Failed
            || JsonNode.Parse(stored.Data) is not JsonObject data
            || data["problem"] is not JsonObject problem
            || problem.ContainsKey("status"))
        {
            return stored;
        }

        var type = (string?)problem["type"] ?? "";
        var kind = type.StartsWith(Problem.TypePrefix, StringComparison.Ordinal) ? type[Problem.TypePrefix.Length..] : type;
        problem["status"] = ProblemTable.Of(kind).Status;
        return stored with { Data = data.ToJsonString() };
    }
}
