namespace Pilotlight.Processes.Tests;

/// <summary>A program of its own whose children live behind bubblewrap's walls, as busy as can be until it is killed.</summary>
internal static class WalledHost
{
    public const string Command = "host";

    private const string Bubblewrap = "/usr/bin/bwrap";

    // Each ignores what it is told, and has tools that nothing of ours marks: in sessions of their own, without our environment.
    private const string Stubborn =
        "trap '' TERM; setsid env -i sleep 600 & (sleep 600 & wait) & echo ready; while :; do sleep 600 & wait; done";

    /// <summary>The least of walls: everything to be read, a pid namespace of its own, an environment of its own.</summary>
    public static IReadOnlyList<string> Walls(params IEnumerable<string> more) =>
    [
        Bubblewrap, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-pid", "--clearenv", "--setenv", "PATH",
        "/usr/bin:/bin", .. more, "--",
    ];

    public static void SkipWithoutWalls()
    {
        Assert.SkipUnless(File.Exists(Bubblewrap), "There is no bubblewrap: apt-get install bubblewrap.");
        using var attempt = System.Diagnostics.Process.Start(Bubblewrap, [.. Walls().Skip(1), "/bin/true"]);
        attempt.WaitForExit();
        Assert.SkipUnless(
            attempt.ExitCode == 0, "bubblewrap makes no namespaces here: neither root nor user namespaces are allowed.");
    }

    /// <summary>Parks and leases until it is killed; says "up" first.</summary>
    public static async Task<int> RunAsync()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 3, MaxIdle = 3, CloseInputGrace = TimeSpan.Zero });
        var stubborn = Children.Script(Stubborn, "walled", Children.ReadLineAsync);
        var walled = stubborn with { Wrapper = Walls("--die-with-parent", "--new-session") };

        // Whoever forgets that walls are to end with who made them has the guardian left.
        var careless = stubborn with { Name = "careless", Wrapper = Walls() };
        await using var held = await pool.AcquireAsync(careless);
        Console.WriteLine("up");
        while (true)
        {
            await using var lease = await pool.AcquireAsync(walled);
            await Task.Delay(5);
        }
    }
}
