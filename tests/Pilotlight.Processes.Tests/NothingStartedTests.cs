namespace Pilotlight.Processes.Tests;

/// <summary>A pool that nobody has asked for a process. Alone, since the children of this program are counted.</summary>
[Collection(nameof(NothingStartedTests))]
public sealed class NothingStartedTests
{
    [Fact]
    public async Task A_new_pool_has_started_no_process_and_no_thread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Children are listed by /proc.");
        var before = Children();

        await using var pool = new WarmPool();

        Assert.Empty(Children().Except(before)); // Those of other tests may end meanwhile.
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc/self/task"), IsSpawner);
    }

    private static string[] Children() =>
        [.. Directory.EnumerateDirectories("/proc/self/task")
            .SelectMany(task => Read(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Order()];

    private static bool IsSpawner(string task) => Read(task + "/comm").StartsWith("Pilotlight", StringComparison.Ordinal);

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return ""; // A thread that has ended meanwhile.
        }
    }
}

/// <summary>Runs with nothing beside it.</summary>
[CollectionDefinition(nameof(NothingStartedTests), DisableParallelization = true)]
public sealed class NothingStartedTestsAlone;
