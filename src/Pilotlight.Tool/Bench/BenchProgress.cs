using Spectre.Console;

namespace Pilotlight.Tool.Bench;

/// <summary>Shows how far a long run is, on stderr: a bar in a terminal, a line for each step in a pipe.</summary>
internal static class BenchProgress
{
    /// <summary>Runs it; each call of what it is given says what comes next.</summary>
    public static async Task<T> RunAsync<T>(string title, int steps, Func<Action<string>, Task<T>> runAsync)
    {
        if (Console.IsErrorRedirected)
        {
            var step = 0;
            return await runAsync(next => Console.Error.WriteLine($"{++step}/{steps} {next}"));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var task = progress.AddTask(Markup.Escape(title), maxValue: steps);
                var begun = false;
                var result = await runAsync(next =>
                {
                    task.Increment(begun ? 1 : 0);
                    begun = true;
                    task.Description = Markup.Escape(next);
                });
                task.Value = steps;
                return result;
            });
    }
}
