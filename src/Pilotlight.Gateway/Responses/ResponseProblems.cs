using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Responses;

/// <summary>What stands against a response.</summary>
internal static class ResponseProblems
{
    public static ProblemException NoResponse(string id) => new(new Problem(
        HttpProblems.NotFound, "There is no such response", $"There is no response '{(id.Length > 60 ? id[..60] + "…" : id)}'. It was deleted, was not stored, or is another key's."));
}
