using System.Text.Json;

namespace Pilotlight.Simulator;

/// <summary>A request that the simulator was sent: what the model's side saw.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path with its query.</param>
/// <param name="Headers">The headers, credentials included: they are not real.</param>
/// <param name="Body">The JSON body, or undefined without one.</param>
/// <param name="At">When it came.</param>
public sealed record RecordedRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Body, DateTimeOffset At)
{
    /// <summary>The version of HTTP that it came over, such as <c>HTTP/2</c>.</summary>
    public string Protocol { get; init; } = "HTTP/1.1";

    /// <summary>The connection that it came over.</summary>
    public string Connection { get; init; } = "";

    /// <summary>Whether it asked for a message.</summary>
    public bool IsMessage => Method == "POST" && Path.Split('?')[0] == "/v1/messages";

    /// <summary>The model asked for.</summary>
    public string? Model => Text(Body, "model");

    /// <summary>The system prompt, its blocks one after the other.</summary>
    public string SystemPrompt => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("system", out var system) ? Flatten(system) : "";

    /// <summary>The conversation, without the notes that the CLI itself slips in under the role <c>system</c>.</summary>
    public IReadOnlyList<RecordedMessage> Messages => [.. AllMessages.Where(message => message.Role != "system")];

    /// <summary>The conversation as it was sent.</summary>
    public IReadOnlyList<RecordedMessage> AllMessages =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("messages", out var messages)
            ? [.. messages.EnumerateArray().Select(message =>
                new RecordedMessage(Text(message, "role") ?? "", Flatten(message.GetProperty("content")), message.GetProperty("content")))]
            : [];

    /// <summary>The text of the last user message.</summary>
    public string LastUserText => Messages.LastOrDefault(message => message.Role == "user")?.Text ?? "";

    /// <summary>Whether the last message brings what a tool returned.</summary>
    public bool BringsToolResult =>
        Messages is [.., { Content: { ValueKind: JsonValueKind.Array } content }]
        && content.EnumerateArray().Any(block => Text(block, "type") == "tool_result");

    /// <summary>The names of the tools on offer.</summary>
    public IReadOnlyList<string> Tools =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("tools", out var tools)
            ? [.. tools.EnumerateArray().Select(tool => Text(tool, "name") ?? "")]
            : [];

    private static string Flatten(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Join('\n', content.EnumerateArray().Select(block => Text(block, "text")).Where(text => text is not null)),
        _ => "",
    };

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

/// <summary>One message of a recorded conversation.</summary>
/// <param name="Role">Who said it.</param>
/// <param name="Text">Its text blocks, one a line.</param>
/// <param name="Content">Its content as it was sent.</param>
public sealed record RecordedMessage(string Role, string Text, JsonElement Content);
