using System.CommandLine;
using Pilotlight.Tool.Chat;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight chat</c>: a conversation where a person looks, one plain answer where a program reads.</summary>
internal static class ChatCommand
{
    private static readonly Option<string?> Model = new("--model") { Description = "Model alias or name." };

    private static readonly Option<string?> Thread = new("--thread") { Description = "Goes on with a stored thread." };

    private static readonly Argument<string?> Prompt = new("PROMPT")
    {
        Description = "Answers this one message to stdout, and ends. Without it, stdin is the message when it is a pipe.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("chat", "A chat in the terminal; with PROMPT, one answer to stdout.")
        {
            Prompt, Model, Thread, CommonOptions.Data, CommonOptions.Simulate, CommonOptions.Yes,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var prompt = parsed.GetValue(Prompt);
            if (prompt is null && (Console.IsInputRedirected || Console.IsOutputRedirected))
            {
                prompt = (await Console.In.ReadToEndAsync(cancellationToken)).Trim();
                if (prompt.Length == 0)
                {
                    Console.Error.WriteLine("There is nothing to answer: stdin was empty. Give a PROMPT, or run 'pilotlight chat' in a terminal.");
                    return 2;
                }
            }

            await using var gateway = await ChatGateway.OpenAsync(
                parsed.GetValue(CommonOptions.Data)!, parsed.GetValue(CommonOptions.Simulate), parsed.GetValue(CommonOptions.Yes), cancellationToken);
            var (thread, model) = (parsed.GetValue(Thread), parsed.GetValue(Model));
            if (thread is null)
            {
                thread = await gateway.Client.CreateThreadAsync(model, cancellationToken);
            }
            else if (model is not null)
            {
                await gateway.Client.SetModelAsync(thread, model, cancellationToken);
            }

            if (prompt is not null)
            {
                return await OneAnswer.RunAsync(gateway.Client, thread, prompt, cancellationToken);
            }

            await new TerminalChat(gateway, thread, model).RunAsync(cancellationToken);
            return 0;
        }
        catch (Exception fault) when (fault is StartException or HttpRequestException)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 1;
        }
    }
}
