using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Usage;

namespace Pilotlight.Core.Tests.Usage;

/// <summary>What running turns have used is in a file as soon as it is known.</summary>
public sealed class UsageLogTests : IDisposable
{
    private static readonly Bill s_first = new("claude-x", new TurnUsage(10, 1, 3, 2), null);
    private static readonly Bill s_second = new("claude-x", new TurnUsage(10, 40, 3, 2), 0.25m);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-usage-");

    private string File => Path.Combine(_folder.FullName, "usage.log");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_last_word_on_each_running_turn_outlives_its_server()
    {
        using (var log = Begun())
        {
            log.Keep("one", s_first);
            log.Keep("two", s_first);
            log.Keep("one", s_second);
            log.Keep("ended", s_first);
            log.Forget("ended");
            log.Keep("three", s_first with { CostUsd = 0.1m });
        }

        using var next = New();
        var earlier = next.ReadEarlier();
        Assert.Equal(s_second, earlier["one"]);
        Assert.Equal(s_first, earlier["two"]);
        Assert.Equal(0.1m, earlier["three"].CostUsd);
        next.Begin();
        Assert.Empty(next.ReadEarlier());
    }

    [Fact]
    public void A_line_that_a_kill_cut_counts_for_nothing_and_the_one_before_it_does()
    {
        using (var log = Begun())
        {
            log.Keep("one", s_first);
            log.Keep("one", s_second);
        }

        using (var file = new FileStream(File, FileMode.Open))
        {
            file.SetLength(file.Length - 7);
        }

        using var next = New();
        Assert.Equal(s_first, next.ReadEarlier()["one"]);
    }

    [Fact]
    public void It_is_empty_when_no_turn_runs_and_stays_short_while_one_always_does()
    {
        using var log = Begun();
        log.Keep("always", s_first);
        for (var turn = 0; turn < 20_000; turn++)
        {
            log.Keep("other", s_first);
            log.Forget("other");
        }

        Assert.InRange(new FileInfo(File).Length, 1, 1_100_000);
        Assert.Equal(["always"], log.ReadEarlier().Keys.Where(id => id == "always"));
        log.Forget("always");
        Assert.Equal(0, new FileInfo(File).Length);
    }

    [Fact]
    public void Without_a_folder_nothing_is_kept_and_nothing_fails()
    {
        using var log = new UsageLog(Options.Create(new ServerOptions()));
        log.Begin();
        log.Keep("one", s_first);
        log.Forget("one");
        Assert.Empty(log.ReadEarlier());
    }

    private UsageLog New() => new(Options.Create(new ServerOptions { Folder = _folder.FullName }));

    private UsageLog Begun()
    {
        var log = New();
        log.Begin();
        return log;
    }
}
