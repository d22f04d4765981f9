using System.Diagnostics;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes.Tests;

/// <summary>What kills our children when we cannot, and is not to be got rid of.</summary>
public sealed class GuardianTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_is_killed_is_replaced_and_the_next_does_its_work()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the system contains the children.");
        var owner = OwnerCookie.CreateForThisProcess();
        var guardian = Guardian.TryStart(owner)!;
        var first = guardian.ProcessId;
        using var child = StartMarked(owner);

        using (var killed = Process.GetProcessById(first))
        {
            killed.Kill();
            await killed.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        }

        for (var startedAt = Stopwatch.GetTimestamp(); guardian.ProcessId == first; await Task.Delay(10, Token))
        {
            Assert.True(Stopwatch.GetElapsedTime(startedAt) < Patience, "Nobody took its place.");
        }

        Assert.False(child.HasExited);
        guardian.Dispose();
        await child.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        Assert.Equal(128 + 9, child.ExitCode);
    }

    private static Process StartMarked(OwnerCookie owner)
    {
        var start = new ProcessStartInfo("/bin/sleep", "600");
        start.Environment[OwnerCookie.Variable] = owner.ToString();
        return Process.Start(start)!;
    }
}
