using Pilotlight.Claude.Sandbox;

namespace Pilotlight.Claude.Tests.Sandbox;

internal static class Skip
{
    /// <summary>Skips the test where the machine gives no such walls, and says why.</summary>
    public static void WithoutWalls(SandboxMode mode)
    {
        if (SandboxSupport.Problem(mode) is { } problem)
        {
            Assert.Skip(problem);
        }
    }
}
