using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Installation;

/// <summary>A CLI that is updated, moved or away for a moment, under processes that are parked.</summary>
public sealed class MovingCliTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pl-moving-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Launcher => Path.Combine(_folder.FullName, "claude");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_launcher_that_points_to_another_version_retires_the_parked_processes_of_the_old_one()
    {
        var (old, young) = (Install("old"), Install("young"));
        File.CreateSymbolicLink(Launcher, old.Launcher);
        await using var host = await ClaudeHost.StartAsync(
            claude => claude.Path = Launcher, pool => (pool.RenewalCheck, pool.MinIdle) = (TimeSpan.FromMilliseconds(100), 2));
        await host.WaitForWarmthAsync(Token);
        Assert.All(Programs(host), program => Assert.Equal(old.Native, program));

        File.Delete(Launcher);
        File.CreateSymbolicLink(Launcher, young.Launcher);
        Directory.Delete(old.Folder, recursive: true);
        while (Programs(host) is not [_, _] programs || programs.Any(program => program != young.Native))
        {
            await Task.Delay(20, Token);
        }

        var chat = Assert.Single(host.Pool.GetSnapshot().Profiles);
        Assert.Equal(("chat", BreakerState.Closed), (chat.Name, chat.Breaker));
        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);
        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>(events[0]).Source);
        Assert.IsType<TurnCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_cli_that_is_away_for_a_moment_keeps_no_parked_process_from_serving()
    {
        File.CreateSymbolicLink(Launcher, RealCli.Path);
        await using var host = await ClaudeHost.StartAsync(
            claude => claude.Path = Launcher, pool => pool.RenewalCheck = TimeSpan.FromMilliseconds(50));
        await host.WaitForWarmthAsync(Token);

        File.Delete(Launcher);
        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);

        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>(events[0]).Source);
        Assert.IsType<TurnCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_profile_is_the_same_in_any_letters()
    {
        await using var host = await ClaudeHost.StartAsync(claude => claude.Profiles["Quiet"] = new AgentProfileOptions(), ClaudeHost.OneParked);
        var conversation = new Conversation { Id = "t" };

        foreach (var name in new[] { null, "chat", "Chat", "CHAT", "cHaT" })
        {
            var events = await host.RunAsync(conversation with { Profile = name }, "hi", Token);
            Assert.Equal(name is null, Assert.IsType<TurnStarted>(events[0]).Source != AcquireSource.Hot);
        }

        await host.RunAsync(new Conversation { Id = "q", Profile = "QUIET" }, "hi", Token);
        await host.RunAsync(new Conversation { Id = "r", Profile = "quiet" }, "hi", Token);
        Assert.Equal(["Quiet", "chat"], host.Pool.GetSnapshot().Profiles.Select(profile => profile.Name).Order(StringComparer.Ordinal));
    }

    // As npm lays it out with its scripts off: a stub, and the program in the package beside it.
    private (string Folder, string Launcher, string Native) Install(string version)
    {
        var folder = Path.Combine(_folder.FullName, version);
        var launcher = Path.Combine(folder, "claude-code", "bin", "claude");
        var platform = Path.GetFileName(Path.GetDirectoryName(RealCli.Path)!);
        var native = Path.Combine(folder, platform, "claude");
        Directory.CreateDirectory(Path.GetDirectoryName(launcher)!);
        Directory.CreateDirectory(Path.GetDirectoryName(native)!);
        File.WriteAllText(launcher, "#!/bin/sh\nexit 1\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(launcher, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }

        File.CreateSymbolicLink(native, RealCli.Path);
        return (folder, launcher, native);
    }

    private static string[] Programs(ClaudeHost host)
    {
        try
        {
            return
            [
                .. host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes)
                    .Select(process => File.ReadAllText($"/proc/{process.ProcessId}/cmdline").Split('\0')[0]),
            ];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
