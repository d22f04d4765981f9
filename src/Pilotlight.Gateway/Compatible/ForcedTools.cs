using Pilotlight.Claude.Conversations;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Choices of tools where the CLI cannot be told of them: the one that must be called is the only one that is offered, and the message asks for it.</summary>
internal static class ForcedTools
{
    /// <summary>The call as the CLI alone is asked it.</summary>
    public static CompatibleRequest Ask(CompatibleRequest request) => request.Settings.ToolChoice switch
    {
        { Kind: ToolChoiceKind.Tool, Tool: var name } => Asking(request with { Tools = [.. request.Tools.Where(tool => tool.Name == name)] }, $"Answer by calling the tool {name}."),
        { Kind: ToolChoiceKind.Any } => Asking(request, "Answer by calling one of your tools."),
        _ => request,
    };

    private static CompatibleRequest Asking(CompatibleRequest request, string words) => request with { Content = [.. request.Content, new UserText(words)] };
}
