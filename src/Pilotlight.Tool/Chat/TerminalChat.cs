using Pilotlight.Tool.Client;
using Spectre.Console;

namespace Pilotlight.Tool.Chat;

/// <summary>A chat with a person at a terminal: live text, history, an answer that can be stopped, a few local commands.</summary>
internal sealed class TerminalChat(ChatGateway gateway, string thread, string? model)
{
    private static readonly TimeSpan KeyPace = TimeSpan.FromMilliseconds(30);

    private readonly LineEditor _lines = new("> ", "\e[1;36m> \e[0m");
    private string _thread = thread;
    private string? _model = model;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await WelcomeAsync(cancellationToken);

        // Esc and Ctrl+C are ours: they stop an answer, not the program.
        Console.TreatControlCAsInput = true;
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await gateway.Client.WarmAsync(_thread, cancellationToken);
                var (end, text) = _lines.Read();
                if (end == LineEnd.Closed || (end == LineEnd.Abandoned && text.Length == 0))
                {
                    return;
                }

                if (end == LineEnd.Abandoned || string.IsNullOrWhiteSpace(text))
                {
                    continue;
                }

                if (text.StartsWith('/') && !text.StartsWith("//", StringComparison.Ordinal))
                {
                    if (!await ObeyAsync(text, cancellationToken))
                    {
                        return;
                    }

                    continue;
                }

                await AnswerAsync(text.StartsWith("//", StringComparison.Ordinal) ? text[1..] : text, cancellationToken);
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
        AnsiConsole.MarkupLineInterpolated($"[grey]Thread {_thread}{where}. /help shows the commands, Esc stops an answer, Ctrl+D ends.[/]");
    }

    private async Task AnswerAsync(string text, CancellationToken cancellationToken)
    {
        var view = new AnswerView();
        view.Wait("… (Esc stops)");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchKeysAsync(view, ended.Token);
        try
        {
            var last = "";
            await foreach (var turnEvent in gateway.Client.RunTurnAsync(_thread, text, cancellationToken))
            {
                view.Show(turnEvent);
                last = turnEvent.Type;
            }

            if (last is not ("turn.completed" or "turn.failed" or "turn.cancelled"))
            {
                view.BrokeOff();
            }
        }
        catch (HttpRequestException refused)
        {
            Console.Write("\r\e[K");
            AnsiConsole.MarkupLineInterpolated($"[red]{refused.Message}[/]");
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
                        await gateway.Client.CancelAsync(_thread, turn, ended);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The answer has ended.
        }
        catch (HttpRequestException)
        {
            // It could not be stopped; its stream says what becomes of it.
        }
    }

    /// <returns>Whether the chat goes on.</returns>
    private async Task<bool> ObeyAsync(string line, CancellationToken cancellationToken)
    {
        var words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var argument = words.Length > 1 ? words[1] : null;
        try
        {
            switch (words[0])
            {
                case "/help":
                    Say("These are commands of this terminal; none is sent to the model.");
                    Say("/new          begins another thread");
                    Say("/model NAME   answers from here on with another model (sonnet, opus, haiku, or a full name)");
                    Say("/thread       shows the thread's id; 'pilotlight chat --thread ID' goes on with it");
                    Say("/quit         ends, as Ctrl+D does");
                    Say("//text        sends '/text' to the model");
                    return true;
                case "/new":
                    _thread = await gateway.Client.CreateThreadAsync(_model, cancellationToken);
                    Say($"A new thread: {_thread}.");
                    return true;
                case "/model" when argument is not null:
                    await gateway.Client.SetModelAsync(_thread, argument, cancellationToken);
                    _model = argument;
                    Say($"The model is {argument} from here on. The next answer is not hot: the conversation is replayed to a process for it.");
                    return true;
                case "/model":
                    Say($"The model is {_model ?? "the gateway's default"}. /model NAME changes it.");
                    return true;
                case "/thread":
                    Say($"This is thread {_thread}.");
                    return true;
                case "/quit" or "/exit":
                    return false;
                default:
                    Say($"There is no command {words[0]}. /help shows those there are; //… sends a text that begins with a slash.");
                    return true;
            }
        }
        catch (HttpRequestException refused)
        {
            Say(refused.Message);
            return true;
        }
    }

    // Marked, so that nobody takes it for the model's.
    private static void Say(string text) => AnsiConsole.MarkupLineInterpolated($"[blue]│[/] [grey]{text}[/]");
}
