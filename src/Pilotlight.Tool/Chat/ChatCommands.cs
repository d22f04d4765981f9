using Pilotlight.Client.Problems;
using Pilotlight.Client.Threads;
using Pilotlight.Tool.Client;
using Spectre.Console;

namespace Pilotlight.Tool.Chat;

/// <summary>The commands of the terminal's chat, which begin with a slash; none is sent to the model.</summary>
internal sealed class ChatCommands(ChatGateway gateway, string thread, string? model)
{
    private const int ThreadsShown = 10;

    private string? _model = model;

    /// <summary>The thread that is talked in.</summary>
    public string Thread { get; private set; } = thread;

    /// <summary>What was asked last in this run; null for nothing yet.</summary>
    public string? LastAsked { get; set; }

    /// <summary>Obeys one.</summary>
    /// <returns>Whether the chat goes on, and what is to be asked, if anything.</returns>
    public async Task<(bool GoesOn, string? Ask)> ObeyAsync(string line, CancellationToken cancellationToken)
    {
        var words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var argument = words.Length > 1 ? words[1] : null;
        try
        {
            switch (words[0])
            {
                case "/help":
                    Help();
                    break;
                case "/new":
                    Thread = (await gateway.Client.CreateThreadAsync(new NewThread(Model: _model), cancellationToken)).Id;
                    Say($"A new thread: {Thread}.");
                    break;
                case "/model" when argument is not null:
                    await gateway.Client.UpdateThreadAsync(Thread, new ThreadChange(Model: argument), cancellationToken);
                    _model = argument;
                    Say($"The model is {argument} from here on. The next answer is not hot: the conversation is replayed to a process for it.");
                    break;
                case "/model":
                    Say($"The model is {_model ?? "the gateway's default"}. /model NAME changes it.");
                    break;
                case "/retry" when LastAsked is not null:
                    return (true, LastAsked);
                case "/retry":
                    Say("Nothing was asked yet.");
                    break;
                case "/thread" when argument is not null:
                    await SwitchAsync(argument, cancellationToken);
                    break;
                case "/thread":
                    Say($"This is thread {Thread}. /thread ID goes on with another.");
                    break;
                case "/threads":
                    await ListAsync(cancellationToken);
                    break;
                case "/quit" or "/exit":
                    return (false, null);
                default:
                    Say($"There is no command {words[0]}. /help shows those there are; //… sends a text that begins with a slash.");
                    break;
            }
        }
        catch (PilotlightException refused)
        {
            Say(Gateways.Explain(refused));
        }

        return (true, null);
    }

    /// <summary>Shows how a stored thread ended, so that its reader knows where it was.</summary>
    public async Task ShowEndAsync(CancellationToken cancellationToken)
    {
        var last = await gateway.Client.ListMessagesAsync(Thread, cancellationToken).ToListAsync(cancellationToken);
        foreach (var message in last.TakeLast(2))
        {
            Console.WriteLine(message.Role == "user" ? $"\e[90m> {new CodePainter().Add(message.Text).ReplaceLineEndings("\n  ")}\e[0m" : Whole(message.Text));
        }

        LastAsked = last.LastOrDefault(message => message.Role == "user")?.Text;

        static string Whole(string text)
        {
            var painter = new CodePainter();
            return painter.Add(text) + painter.Finish();
        }
    }

    private async Task SwitchAsync(string id, CancellationToken cancellationToken)
    {
        var found = await gateway.Client.GetThreadAsync(id, cancellationToken);
        (Thread, _model) = (found.Id, found.Model);
        Say($"Thread {found.Id}{(found.Title is { } title ? $", “{title}”" : "")}.");
        await ShowEndAsync(cancellationToken);
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        await foreach (var found in gateway.Client.ListThreadsAsync(cancellationToken: cancellationToken).Take(ThreadsShown))
        {
            Say($"{found.Id}  {found.UpdatedAt.ToLocalTime():yyyy-MM-dd HH:mm}  {found.Title ?? "(no title)"}");
        }
    }

    private static void Help()
    {
        Say("These are commands of this terminal; none is sent to the model.");
        Say("/new          begins another thread");
        Say("/model NAME   answers from here on with another model (sonnet, opus, haiku, or a full name)");
        Say("/retry        asks what was asked last once more");
        Say("/threads      lists the threads changed last");
        Say("/thread ID    goes on with another; without ID, shows this one's");
        Say("/quit         ends, as Ctrl+D does");
        Say("//text        sends '/text' to the model");
        Say("Alt+Enter, or \\ before Enter, begins another line. The arrows bring back what was typed before.");
    }

    // Marked, so that nobody takes it for the model's.
    private static void Say(string text) => AnsiConsole.MarkupLineInterpolated($"[blue]│[/] [grey]{text}[/]");
}
