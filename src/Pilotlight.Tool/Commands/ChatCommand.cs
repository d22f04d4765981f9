using System.CommandLine;
using Pilotlight.Client;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Threads;
using Pilotlight.Tool.Chat;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight chat</c>: a conversation where a person looks, one plain answer where a program reads.</summary>
internal static class ChatCommand
{
    private static readonly Option<string?> Model = new("--model") { Description = "Model alias or name." };

    private static readonly Option<string?> Thread = new("--thread") { Description = "Goes on with a stored thread." };

    private static readonly Option<bool> Continue = new("--continue", "-c") { Description = "Goes on with the thread that was changed last." };

    private static readonly Argument<string?> Prompt = new("PROMPT")
    {
        Description = "Answers this one message to stdout, and ends. Without it, stdin is the message when it is a pipe.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("chat", "A chat in the terminal; with PROMPT, one answer to stdout.")
        {
            Prompt, Model, Thread, Continue, CommonOptions.Data, CommonOptions.Simulate, CommonOptions.Yes,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Continue) && result.GetValue(Thread) is not null)
            {
                result.AddError("--continue and --thread exclude each other.");
            }
        });
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
            var model = parsed.GetValue(Model);
            var resumed = parsed.GetValue(Thread) ?? (parsed.GetValue(Continue) ? await LastAsync(gateway.Client, cancellationToken) : null);
            var thread = resumed ?? (await gateway.Client.CreateThreadAsync(new NewThread(Model: model), cancellationToken)).Id;
            if (resumed is not null && model is not null)
            {
                await gateway.Client.UpdateThreadAsync(resumed, new ThreadChange(Model: model), cancellationToken);
            }

            if (prompt is not null)
            {
                return await OneAnswer.RunAsync(gateway.Client, thread, prompt, cancellationToken);
            }

            var data = parsed.GetValue(CommonOptions.Data)!;
            await new TerminalChat(gateway, new ChatCommands(gateway, thread, model), LineHistory.Open(data)).RunAsync(resumed is not null, cancellationToken);
            return 0;
        }
        catch (StartException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        catch (PilotlightException refused)
        {
            Console.Error.WriteLine(Gateways.Explain(refused));
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 1;
        }
    }

    private static async Task<string> LastAsync(PilotlightClient client, CancellationToken cancellationToken) =>
        (await client.ListThreadsAsync(cancellationToken: cancellationToken).FirstOrDefaultAsync(cancellationToken))?.Id
            ?? throw new StartException("There is no thread to go on with. Leave out --continue.");
}
