using Pilotlight.Claude.Installation;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Installation;

/// <summary>What keeps idle processes fast is known to the CLI, and noticed when it is not any more.</summary>
public sealed class IdleWarmthTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pl-idle-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_pinned_cli_knows_the_variable() => Assert.True(await IdleWarmth.IsKnownToAsync(RealCli.Path, Token));

    [Theory]
    [InlineData((1024 * 1024) - 7, true)]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public async Task A_name_across_two_blocks_is_found_and_none_is_not(int at, bool isThere)
    {
        var bytes = new byte[3 * 1024 * 1024];
        if (isThere)
        {
            "BUN_IDLE_GC_SECONDS"u8.CopyTo(bytes.AsSpan(at));
        }

        var path = Path.Combine(_folder.FullName, "binary");
        await File.WriteAllBytesAsync(path, bytes, Token);

        Assert.Equal(isThere, await IdleWarmth.IsKnownToAsync(path, Token));
    }
}
