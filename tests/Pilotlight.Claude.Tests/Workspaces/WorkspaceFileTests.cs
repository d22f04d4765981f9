using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Workspaces;

/// <summary>Whoever looks into a workspace from outside is led out of it by nothing that an agent can leave there.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class WorkspaceFileTests : IAsyncLifetime
{
    private readonly DirectoryInfo _outside = Directory.CreateTempSubdirectory("pilotlight-outside-");
    private ClaudeHost _host = null!;
    private WorkspaceStore _store = null!;
    private WorkspaceFiles _files = null!;
    private string _folder = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await ClaudeHost.StartAsync();
        _store = _host.Services.GetRequiredService<WorkspaceStore>();
        _files = new WorkspaceFiles(_store);
        _folder = _store.Begin("a", null);
        File.WriteAllText(Path.Combine(_outside.FullName, "secret"), "secret");
        File.CreateSymbolicLink(Path.Combine(_folder, "file-out"), Path.Combine(_outside.FullName, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "out"), _outside.FullName);
        File.CreateSymbolicLink(Path.Combine(_folder, "self"), "/proc/self/root");
        Directory.CreateDirectory(Path.Combine(_folder, "in"));
        File.WriteAllText(Path.Combine(_folder, "in", "a.txt"), "here");
        using var pipe = Process.Start("mkfifo", Path.Combine(_folder, "pipe"));
        pipe.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _outside.Delete(recursive: true);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("in/../../x")]
    [InlineData("/etc/passwd")]
    [InlineData("in//a.txt")]
    [InlineData("./in")]
    [InlineData("in\0/a.txt")]
    public void A_path_that_is_none_within_the_folder_is_refused(string path) => Assert.Null(WorkspaceFiles.Parts(path));

    [Theory]
    [InlineData("file-out")]
    [InlineData("out/secret")]
    [InlineData("self/etc/passwd")]
    [InlineData("pipe")]
    public void Links_and_pipes_are_neither_followed_nor_waited_for(string path) => Assert.Throws<IOException>(() => _files.Open("a", WorkspaceFiles.Parts(path)!));

    [Fact]
    public void What_is_there_is_listed_as_what_it_is()
    {
        Assert.Equal(
            ["file-out:other", "in:folder", "out:other", "pipe:file", "self:other"], _files.List("a", [])!.Select(entry => $"{entry.Name}:{entry.Kind}"));
        Assert.Equal([("a.txt", 4L)], _files.List("a", ["in"])!.Select(entry => (entry.Name, entry.Size)));
        Assert.Null(_files.List("a", ["in", "a.txt"]));
        Assert.Throws<IOException>(() => _files.List("a", ["out"]));
    }

    [Fact]
    public async Task Nothing_is_written_or_removed_through_a_link()
    {
        var staged = _store.Stage();
        await File.WriteAllTextAsync(staged, "new", Token);
        Assert.Throws<IOException>(() => _files.Put("a", ["out", "planted"], staged));
        Assert.Throws<IOException>(() => _files.Delete("a", ["out", "secret"]));

        Assert.False(_files.Put("a", ["file-out"], staged)); // The link itself gives way.
        Assert.Equal("new", await File.ReadAllTextAsync(Path.Combine(_folder, "file-out"), Token));
        Assert.True(_files.Delete("a", ["out"]));

        Assert.Equal(["secret"], _outside.GetFiles().Select(file => file.Name));
        Assert.Equal("secret", await File.ReadAllTextAsync(Path.Combine(_outside.FullName, "secret"), Token));
    }

    [Fact]
    public async Task A_folder_is_removed_with_all_in_it_but_nothing_that_its_links_lead_to()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder, "in", "out"), _outside.FullName);

        Assert.True(_files.Delete("a", ["in"]));
        Assert.False(_files.Delete("a", ["in"]));

        Assert.Single(_outside.GetFiles());
        var staged = _store.Stage();
        await File.WriteAllTextAsync(staged, "deep", Token);
        Assert.True(_files.Put("a", ["x", "y", "z.txt"], staged));
        await using var file = _files.Open("a", ["x", "y", "z.txt"])!;
        Assert.Equal("deep", await new StreamReader(file).ReadToEndAsync(Token));
    }
}
