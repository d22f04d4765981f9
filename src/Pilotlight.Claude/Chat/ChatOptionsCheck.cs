using Microsoft.Extensions.AI;

namespace Pilotlight.Claude.Chat;

/// <summary>
/// Refuses what the CLI has no counterpart for and an answer must not leave out. What only colours an answer (temperature,
/// top-p, top-k, penalties, seed, the limit of output tokens, several tool calls at once) is left out, as elsewhere.
/// </summary>
internal static class ChatOptionsCheck
{
    public static void Refuse(ChatOptions? options)
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

        if (options.ToolMode is RequiredChatToolMode)
        {
            throw new NotSupportedException("ChatOptions.ToolMode cannot require a tool: the CLI leaves the choice to the model. Ask for it in the message.");
        }

        if (options.StopSequences is { Count: > 0 })
        {
            throw new NotSupportedException("ChatOptions.StopSequences is not supported: the CLI has none. Cut the answer where it comes.");
        }

        if (options.ContinuationToken is not null)
        {
            throw new NotSupportedException("ChatOptions.ContinuationToken is not supported: calls run in the foreground. Use a conversation instead.");
        }
    }
}
