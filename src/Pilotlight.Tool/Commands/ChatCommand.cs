using System.CommandLine;
using System.Text.Json;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight chat</c>: a conversation where a person looks, one plain answer where a program reads.</summary>
internal static class ChatCommand
{
    private static readonly Option<string?> Model = new("--model") { Description = "Model alias or name." };

    private static readonly Option<string?> Thread = new("--thread") { Description = "Goes on with a stored thread." };

    private static readonly Argument<string?> Prompt = new("PROMPT")
    {
        Description = "Answers this one message to stdout, and ends.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("chat", "A chat in the terminal; with PROMPT, one answer to stdout.")
        {
            Prompt, Model, Thread, CommonOptions.Data, CommonOptions.Simulate,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var folder = parsed.GetValue(CommonOptions.Data)!;
        GatewayServer? own = null;
        try
        {
            // A gateway that has the folder serves us too: then its processes are warm already.
            var address = DataFolder.FindServer(folder);
            if (address is null)
            {
                own = await GatewayServer.StartAsync(
                    new ServeSettings("http://127.0.0.1:0", folder, parsed.GetValue(CommonOptions.Simulate), [], IsQuiet: true), cancellationToken);
                if (own.Missing is { } missing)
                {
                    Console.Error.WriteLine(missing);
                    return 1;
                }

                address = own.Addresses[0];
            }

            using var client = new GatewayClient(address);
            var thread = parsed.GetValue(Thread) ?? await client.CreateThreadAsync(parsed.GetValue(Model), cancellationToken);
            return parsed.GetValue(Prompt) is { } prompt
                ? await AnswerOnceAsync(client, thread, prompt, cancellationToken)
                : await ConverseAsync(client, thread, cancellationToken);
        }
        catch (StartException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        catch (HttpRequestException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 1;
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync();
            }
        }
    }

    // A pipe cannot take back what was written, so a message that is started over is printed when it is whole.
    private static async Task<int> AnswerOnceAsync(GatewayClient client, string thread, string prompt, CancellationToken cancellationToken)
    {
        var printed = "";
        var text = "";
        await foreach (var turnEvent in client.RunTurnAsync(thread, prompt, cancellationToken))
        {
            switch (turnEvent.Type)
            {
                case "turn.started" when IsSimulated(turnEvent):
                    Console.Error.WriteLine("(simulated model)");
                    break;
                case "text.delta":
                    text += Text(turnEvent.Data, "text");
                    if (text.StartsWith(printed, StringComparison.Ordinal))
                    {
                        Console.Write(text[printed.Length..]);
                        printed = text;
                    }

                    break;
                case "text.reset":
                    text = "";
                    break;
                case "turn.failed":
                    Console.Error.WriteLine(Text(turnEvent.Data.GetProperty("problem"), "detail"));
                    return 1;
                case "turn.completed" when text != printed:
                    Console.Write("\n" + text);
                    break;
            }
        }

        Console.WriteLine();
        return 0;
    }

    private static async Task<int> ConverseAsync(GatewayClient client, string thread, CancellationToken cancellationToken)
    {
        AnsiConsole.MarkupLineInterpolated($"[grey]Thread {thread}. An empty line ends the chat.[/]");
        while (true)
        {
            await client.WarmAsync(thread, cancellationToken);
            AnsiConsole.Markup("[bold aqua]> [/]");
            var line = await Console.In.ReadLineAsync(cancellationToken);
            if (string.IsNullOrWhiteSpace(line))
            {
                return 0;
            }

            await foreach (var turnEvent in client.RunTurnAsync(thread, line, cancellationToken))
            {
                Show(turnEvent);
            }
        }
    }

    private static void Show(TurnStreamEvent turnEvent)
    {
        switch (turnEvent.Type)
        {
            case "turn.started" when IsSimulated(turnEvent):
                AnsiConsole.MarkupLine("[grey](simulated model)[/]");
                break;
            case "text.delta":
                AnsiConsole.Write(new Text(Text(turnEvent.Data, "text")));
                break;
            case "text.reset":
                AnsiConsole.MarkupLine("\n[yellow](the model starts over)[/]");
                break;
            case "retrying":
                AnsiConsole.MarkupLineInterpolated($"[yellow](retry {turnEvent.Data.GetProperty("attempt")} of {turnEvent.Data.GetProperty("maxAttempts")})[/]");
                break;
            case "turn.failed":
                AnsiConsole.MarkupLineInterpolated($"\n[red]{Text(turnEvent.Data.GetProperty("problem"), "detail")}[/]");
                break;
            case "turn.completed":
                var data = turnEvent.Data;
                var first = data.TryGetProperty("ttftMs", out var ms) ? $"{ms.GetDouble():0} ms to the first token, " : "";
                AnsiConsole.MarkupLineInterpolated($"\n[grey]{Text(data, "model")}, {first}{data.GetProperty("usage").GetProperty("outputTokens")} tokens[/]");
                break;
        }
    }

    private static bool IsSimulated(TurnStreamEvent started) =>
        started.Data.TryGetProperty("simulated", out var simulated) && simulated.ValueKind == JsonValueKind.True;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
