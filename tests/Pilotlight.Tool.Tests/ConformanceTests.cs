using Pilotlight.Testing;
using Pilotlight.Tool.Conformance;

namespace Pilotlight.Tool.Tests;

/// <summary>The CLIs that we say we work with, compared with what we rely on.</summary>
public sealed class ConformanceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_pinned_cli_does_what_we_rely_on() => await ConformsAsync(RealCli.Path);

    [Fact]
    public async Task So_does_one_about_a_month_older()
    {
        var older = RealCli.Older;
        Assert.SkipUnless(File.Exists(older), $"The older CLI is not installed at '{older}': run npm ci --ignore-scripts in eng/claude-cli-older.");
        await ConformsAsync(older);
    }

    [Fact]
    public async Task A_program_that_is_no_cli_is_named_as_what_it_is()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => ConformanceReport.CreateAsync("/bin/false", isStraight: false, _ => { }, Token));
        Assert.Contains("'/bin/false' cannot be read: --version ended with exit code 1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cli_that_does_nothing_of_it_differs_in_everything_and_holds_nobody_up()
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-test-");
        var path = Path.Combine(folder.FullName, "claude");
        await File.WriteAllTextAsync(path, "#!/bin/sh\n[ \"$1\" = --version ] && echo 9.9.9\nexit 0\n", Token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }


        var report = await ConformanceReport.CreateAsync(path, isStraight: false, _ => { }, Token).WaitAsync(TimeSpan.FromMinutes(2), Token);

        Assert.False(report.Ok);
        Assert.Equal("9.9.9", report.Version);
        Assert.All(report.Checks, check => Assert.NotNull(check.Difference));
        folder.Delete(recursive: true);
    }

    private static async Task ConformsAsync(string cli)
    {
        var report = await ConformanceReport.CreateAsync(cli, isStraight: false, _ => { }, Token).WaitAsync(TimeSpan.FromMinutes(10), Token);

        Assert.Empty(report.Checks.Where(check => check.Difference is not null).Select(check => $"{check.Name}: {check.Difference}"));
        Assert.True(report.Ok);
    }
}
