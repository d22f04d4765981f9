using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Machines that lack what others have: it runs all the same, or says in one line which path is at fault.</summary>
public sealed class MachineTests : EndToEndTest
{
    // Where nobody can write, root included.
    private const string Nowhere = "/proc/nowhere";

    [Theory]
    [InlineData("--data", Nowhere, "/tmp")]
    [InlineData("--simulate", null, Nowhere)]
    public async Task A_folder_that_cannot_be_written_is_named_in_one_line(string argument, string? value, string home)
    {
        string[] arguments = ["serve", "--urls", "http://127.0.0.1:0", "--simulate", argument, .. value is null ? (string[])[] : [value]];

        var (exitCode, _, error) = await GatewayProcess.RunAsync(arguments, Token, new Dictionary<string, string> { ["HOME"] = home });

        Assert.Equal(1, exitCode);
        Assert.Contains(Nowhere, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HOME")]
    [InlineData("TMPDIR")]
    public async Task Without_a_home_and_without_a_folder_for_temporary_files_it_serves(string variable)
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, new Dictionary<string, string> { [variable] = Nowhere }, "--simulate");

        var end = await gateway.TurnAsync(await gateway.CreateThreadAsync(Token), "hello", Token).LastAsync(Token);

        Assert.Equal("turn.completed", end.Type);
    }

    [Fact]
    public async Task Many_starts_at_once_leave_one_shared_configuration_whole()
    {
        var configuration = Directory.CreateDirectory(Path.Combine(Data, "shared")).FullName;
        await using var gateway = await GatewayProcess.StartAsync(
            Path.Combine(Data, "data"), Token, null, "--simulate", $"--Pilotlight:Claude:ConfigDirectory={configuration}", "--Pilotlight:Pool:MaxProcesses=12");

        var ends = await Task.WhenAll(Enumerable.Range(0, 10).Select(async at =>
            await gateway.TurnAsync(await gateway.CreateThreadAsync(Token, new { systemPrompt = $"You are number {at}." }), "hello", Token).LastAsync(Token)));

        Assert.All(ends, end => Assert.Equal("turn.completed", end.Type));
        using var whole = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(configuration, ".claude.json"), Token));
        Assert.Equal(JsonValueKind.Object, whole.RootElement.ValueKind);
    }
}
