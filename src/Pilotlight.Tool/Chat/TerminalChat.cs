using Pilotlight.Client.Problems;
using Pilotlight.Client.Turns;
using Pilotlight.Tool.Client;
using Spectre.Console;

namespace Pilotlight.Tool.Chat;

/// <summary>A chat with a person at a terminal: live text, history, an answer that can be stopped, a few local commands.</summary>
internal sealed class TerminalChat(ChatGateway gateway, ChatCommands commands, LineHistory history)
{
    private static readonly TimeSpan KeyPace = TimeSpan.FromMilliseconds(30);

    private readonly LineEditor _lines = new("> ", "\e[1;36m> \e[0m", history);

    /// <summary>Talks until the person leaves.</summary>
    /// <param name="isResumed">Whether the thread has been talked in before.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(bool isResumed, CancellationToken cancellationToken)
    {
        await WelcomeAsync(cancellationToken);
        if (isResumed)
        {
            await commands.ShowEndAsync(cancellationToken);
        }

        // Esc and Ctrl+C are ours: they stop an answer, not the program.
        Console.TreatControlCAsInput = true;
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await gateway.Client.WarmAsync(commands.Thread, cancellationToken);
                var (end, text) = _lines.Read();
                if (end == LineEnd.Closed || (end == LineEnd.Abandoned && text.Length == 0))
                {
                    return;
                }

                if (end == LineEnd.Abandoned || string.IsNullOrWhiteSpace(text))
                {
                    continue;
                }

                var (goesOn, ask) = text.StartsWith('/') && !text.StartsWith("//", StringComparison.Ordinal)
                    ? await commands.ObeyAsync(text, cancellationToken)
                    : (true, text.StartsWith("//", StringComparison.Ordinal) ? text[1..] : text);
                if (!goesOn)
                {
                    return;
                }

                if (ask is not null)
                {
                    commands.LastAsked = ask;
                    await AnswerAsync(ask, cancellationToken);
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private async Task WelcomeAsync(CancellationToken cancellationToken)
    {
        var simulated = await gateway.Client.IsSimulatedAsync(cancellationToken);
        AnsiConsole.Write(new Rule("[bold orange1]Pilotlight[/]") { Justification = Justify.Left, Style = Style.Parse("grey") });
        if (simulated)
        {
            AnsiConsole.MarkupLine("[yellow]Simulated model: the CLI is real, its answers are not.[/]");
        }

        var where = gateway.IsOwn ? "" : $" on the gateway at {gateway.Address.ToString().TrimEnd('/')}";
        AnsiConsole.MarkupLineInterpolated($"[grey]Thread {commands.Thread}{where}. /help shows the commands, Esc stops an answer, Ctrl+D ends.[/]");
    }

    private async Task AnswerAsync(string text, CancellationToken cancellationToken)
    {
        var view = new AnswerView();
        view.Wait("… (Esc stops)");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchKeysAsync(view, ended.Token);
        try
        {
            await foreach (var turnEvent in gateway.Client.RunTurnAsync(commands.Thread, text, cancellationToken))
            {
                view.Show(turnEvent);
            }
        }
        catch (PilotlightException refused)
        {
            Console.Write("\r\e[K");
            AnsiConsole.MarkupLineInterpolated($"[red]{Gateways.Explain(refused)}[/]");
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    private async Task WatchKeysAsync(AnswerView view, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(KeyPace, ended);
                while (Console.KeyAvailable)
                {
                    var key = Console.ReadKey(intercept: true);
                    var stop = key.Key == ConsoleKey.Escape || (key.Key == ConsoleKey.C && key.Modifiers.HasFlag(ConsoleModifiers.Control));
                    if (stop && view.TurnId is { } turn)
                    {
                        await gateway.Client.CancelTurnAsync(commands.Thread, turn, ended);
                    }
                    else if (view.Approval is { } approval && (key.Key is ConsoleKey.Y or ConsoleKey.N))
                    {
                        await gateway.Client.AnswerApprovalAsync(commands.Thread, approval, new ApprovalAnswer(key.Key == ConsoleKey.Y ? "allow" : "deny"), ended);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The answer has ended.
        }
        catch (PilotlightException)
        {
            // It could not be stopped; its stream says what becomes of it.
        }
    }
}
