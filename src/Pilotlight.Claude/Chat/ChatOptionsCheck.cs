using Microsoft.Extensions.AI;

namespace Pilotlight.Claude.Chat;

/// <summary>
/// Refuses what cannot be asked for and an answer must not leave out. With an API key the wire sets what the CLI cannot be told; without
/// one, what only colours an answer (temperature, top-p, top-k, the limit of output tokens, several tool calls at once) is left out, as
/// penalties and seed always are.
/// </summary>
internal static class ChatOptionsCheck
{
    public static void Refuse(ChatOptions? options, bool setsOnWire)
    {
        if (options is null)
        {
            return;
        }

        if (options.Tools?.FirstOrDefault(tool => tool is not AIFunctionDeclaration) is { } unknown)
        {
            throw new NotSupportedException(
                $"ChatOptions.Tools holds a {unknown.GetType().Name}; only functions can be offered. Tools of the CLI's own come with a profile under Pilotlight:Claude:Profiles.");
        }

        if (!setsOnWire && options.ToolMode is RequiredChatToolMode)
        {
            throw new NotSupportedException("ChatOptions.ToolMode cannot require a tool without an API key: the CLI leaves the choice to the model. Configure one, or ask for it in the message.");
        }

        if (!setsOnWire && options.StopSequences is { Count: > 0 })
        {
            throw new NotSupportedException("ChatOptions.StopSequences needs an API key: the CLI has none. Configure one, or cut the answer where it comes.");
        }

        if (options.ContinuationToken is not null)
        {
            throw new NotSupportedException("ChatOptions.ContinuationToken is not supported: calls run in the foreground. Use a conversation instead.");
        }
    }
}
