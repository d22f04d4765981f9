using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary><c>pilotlight chat</c> as a person has it, on a terminal.</summary>
public sealed class TerminalTests : EndToEndTest
{
    private const string Prompt = "\e[1;36m> ";
    private const string Escape = "\e";
    private const string ControlD = "\u0004";

    [Fact]
    public async Task A_person_talks_stops_an_answer_and_leaves()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It needs util-linux's script.");
        await using var terminal = TerminalProcess.Start("chat", "--simulate", "--data", Data);
        Assert.Contains("Simulated model", await terminal.UntilAsync(Prompt), StringComparison.Ordinal);

        // What looks like markup is shown as it is.
        await terminal.TypeAsync("Take [bold]this[/], please.\r");
        await terminal.UntilAsync("You said: “Take [bold]this[/], please.”");
        Assert.Contains("first token", await terminal.UntilAsync("$"), StringComparison.Ordinal);

        await terminal.UntilAsync(Prompt);
        await terminal.TypeAsync("[[sim words=5000 rate=40]]\r");
        await terminal.UntilAsync("word3 ");
        await terminal.TypeAsync(Escape);
        Assert.DoesNotContain("word4000", await terminal.UntilAsync("Stopped. What had come is stored."), StringComparison.Ordinal);

        await terminal.UntilAsync(Prompt);
        await terminal.TypeAsync("And now?\r");
        await terminal.UntilAsync("hot ");
        await terminal.UntilAsync(Prompt);
        await terminal.TypeAsync(ControlD);
        Assert.Equal(0, await terminal.EndAsync());
    }
}
