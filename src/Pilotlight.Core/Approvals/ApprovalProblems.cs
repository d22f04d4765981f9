using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Approvals;

/// <summary>What stands against an answer.</summary>
internal static class ApprovalProblems
{
    public static ProblemException None(string id) => new(new Problem(
        ProblemKinds.ApprovalNotFound, "There is no such approval", $"There is no approval '{id}' in this thread. GET …/approvals names those there are."));

    public static ProblemException Over(string id) => new(new Problem(
        ProblemKinds.ApprovalOver, "The approval is over", $"Approval '{id}' was answered before, or its turn has ended. GET …/approvals tells how."));
}
