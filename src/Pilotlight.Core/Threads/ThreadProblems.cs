using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Threads;

/// <summary>What stands against work on a thread.</summary>
internal static class ThreadProblems
{
    public static ProblemException NoThread(string id) => new(new Problem(
        ProblemKinds.ThreadNotFound, "There is no such thread", $"There is no thread '{id}'. GET /api/threads lists those there are."));
}
