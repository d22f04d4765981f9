using Pilotlight.Tool.Cli;

namespace Pilotlight.Tool.Tests;

public sealed class NpmFaultTests
{
    [Theory]
    [InlineData("npm error code EINTEGRITY\nnpm error sha512-a wanted but got sha512-b", "its hash differs")]
    [InlineData("npm ERR! code ENOTFOUND\nnpm ERR! network", "could not reach its registry (ENOTFOUND)")]
    [InlineData("npm error code ECONNREFUSED", "could not reach its registry (ECONNREFUSED)")]
    [InlineData("npm error code EACCES\nnpm error syscall mkdir", "may not write to '/data/cli'")]
    [InlineData("npm error code EROFS", "may not write to '/data/cli'")]
    [InlineData("npm error code ENOSPC", "no room left for '/data/cli'")]
    [InlineData("npm error code E404", "does not have the pinned CLI")]
    [InlineData("npm error code E401", "refused this machine")]
    [InlineData("something else\nnpm error A complete log of this run can be found in: /var/log/npm", "exit code 7: something else")]
    [InlineData("", "it said nothing")]
    public void Each_fault_is_a_sentence_with_what_to_do(string error, string said) =>
        Assert.Contains(said, NpmFault.Explain(7, error, "/data/cli"), StringComparison.Ordinal);

    [Fact]
    public void The_pinned_cli_is_part_of_the_program_with_its_hashes()
    {
        Assert.True(Version.TryParse(CliLock.Pinned.Version, out _));
        Assert.Contains($"\"{CliLock.PackageName}-linux-x64\": \"{CliLock.Pinned.Version}\"", CliLock.Pinned.Lock, StringComparison.Ordinal);
        Assert.Contains("\"integrity\": \"sha512-", CliLock.Pinned.Lock, StringComparison.Ordinal);
    }
}
