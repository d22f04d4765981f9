using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Installation;

/// <summary>What processes leave on disk goes with them.</summary>
public sealed class LitterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pl-litter-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_folder.FullName, "tmp");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Ten_conversations_and_a_clean_stop_leave_nothing()
    {
        var host = await ClaudeHost.StartAsync(claude =>
        {
            (claude.HomeDirectory, claude.TemporaryDirectory) = (_folder.FullName, null);
            var coder = new AgentProfileOptions();
            coder.Tools.Add("Bash");
            coder.AllowedTools.Add("Bash");
            claude.Profiles["coder"] = coder;
        });
        await using (host)
        {
            for (var n = 0; n < 10; n++)
            {
                var withTool = n % 5 == 0;
                if (withTool)
                {
                    host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"mktemp; echo $TMPDIR"}"""));
                }

                var events = await host.RunAsync(new Conversation { Id = $"t{n}", Profile = withTool ? "coder" : null }, "hi", Token);
                Assert.IsType<TurnCompleted>(events[^1]);
                Assert.All(events.OfType<ToolFinished>(), tool => Assert.Contains(Root, tool.Summary, StringComparison.Ordinal));
            }

            Assert.NotEmpty(Directory.GetDirectories(Root));
        }

        Assert.Empty(Directory.GetFileSystemEntries(Root));
        Assert.Equal(["config", "config/.claude.json", "tmp", "work"], Entries(_folder.FullName));
    }

    [Fact]
    public async Task What_an_earlier_run_left_goes_at_the_next_start_and_what_a_live_one_has_stays()
    {
        using var live = Folders();
        using var livesOwn = live.Open();
        var dead = Path.Combine(Root, "dead");
        Directory.CreateDirectory(Path.Combine(dead, "7", "t", "claude-0", "deep"));
        await File.WriteAllTextAsync(Path.Combine(dead, "owner"), "", Token);
        await File.WriteAllTextAsync(Path.Combine(dead, "7", "t", "left"), "behind", Token);
        var foreign = Directory.CreateDirectory(Path.Combine(Root, "not-ours"));

        await using var host = await ClaudeHost.StartAsync(claude => claude.HomeDirectory = _folder.FullName);

        Assert.False(Directory.Exists(dead));
        Assert.True(Directory.Exists(livesOwn.Temporary));
        Assert.True(foreign.Exists);
    }

    [Fact]
    public void A_home_too_deep_for_sockets_has_its_temporary_files_with_the_machines()
    {
        var deep = Path.Combine(_folder.FullName, new string('x', 80));
        using var folders = Folders(home: deep);

        using var own = folders.Open();

        Assert.StartsWith(Path.GetTempPath(), own.Temporary, StringComparison.Ordinal);
        Assert.InRange(Path.Combine(own.Temporary, "cc-socks", "4194304.sock").Length, 1, 107);
    }

    [Fact]
    public async Task A_temporary_folder_too_deep_for_sockets_stops_the_start_and_says_how_long_it_may_be()
    {
        var deep = Path.Combine(_folder.FullName, new string('x', 80));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ClaudeHost.StartAsync(claude => claude.TemporaryDirectory = deep));

        Assert.Contains(deep, refused.Message, StringComparison.Ordinal);
        Assert.Contains("at most 72 bytes", refused.Message, StringComparison.Ordinal);
    }

    private ProcessFolders Folders(string? home = null) =>
        new(new ClaudeHome(Options.Create(new ClaudeOptions { HomeDirectory = home ?? _folder.FullName, ApiKey = "sk-ant-not-a-real-key" })));

    private static string[] Entries(string folder) =>
    [
        .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Select(entry => Path.GetRelativePath(folder, entry)).Order(StringComparer.Ordinal),
    ];
}
