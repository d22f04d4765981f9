using System.Diagnostics;
using Pilotlight.Samples.Interpreter;

namespace Pilotlight.Processes.Tests;

/// <summary>The sample that pools something else than Claude: Node.js interpreters.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly CancellationTokenSource _limit = Limit.Of(TimeSpan.FromMinutes(2));

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task Each_expression_is_evaluated_in_an_interpreter_of_its_own_that_was_parked()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2, RefillDelay = TimeSpan.Zero });
        var javaScript = new JavaScript(pool);
        javaScript.Prepare();
        await pool.UntilAsync(row => row.Parked == 2, "node", _limit.Token);

        var (value, source) = await javaScript.EvaluateAsync("globalThis.seen = (globalThis.seen ?? 0) + 1", _limit.Token);
        var (again, _) = await javaScript.EvaluateAsync("globalThis.seen = (globalThis.seen ?? 0) + 1", _limit.Token);

        Assert.Equal(LeaseSource.Warm, source);
        Assert.Equal((1, 1), (value.GetInt32(), again.GetInt32()));
    }

    [Fact]
    public async Task What_an_expression_throws_is_told()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0 });

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new JavaScript(pool).EvaluateAsync("nobody.knows", _limit.Token));

        Assert.Contains("nobody is not defined", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_runs_as_its_readme_says()
    {
        string[] arguments = [typeof(JavaScript).Assembly.Location, "6 * 7", "'a' + 'b'"];
        using var program = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        var output = await program.StandardOutput.ReadToEndAsync(_limit.Token);
        await program.WaitForExitAsync(_limit.Token);

        Assert.Equal(0, program.ExitCode);
        Assert.Contains("6 * 7 = 42 (Cold, ", output, StringComparison.Ordinal);
        Assert.Contains("'a' + 'b' = \"ab\" (Warm, ", output, StringComparison.Ordinal);
    }
}
