using System.Text.Json.Nodes;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Profiles;

/// <summary>The <c>mcp_set_servers</c> request: it names all servers, those that are not named any more are let go.</summary>
/// <remarks>Over the control channel, so that credentials show on no command line.</remarks>
internal static class McpServerJson
{
    public static JsonObject SetServers(AgentProfileOptions? agent, bool withFunctions, ClaudeOptions options, IReadOnlyDictionary<string, McpServerSettings>? others = null)
    {
        var servers = new JsonObject();
        foreach (var (name, settings) in (agent?.McpServers ?? new Dictionary<string, McpServerSettings>()).Concat(others ?? new Dictionary<string, McpServerSettings>()))
        {
            servers[name] = settings.Url is { Length: > 0 } url
                ? new JsonObject { ["type"] = "http", ["url"] = url, ["headers"] = Map(settings.Headers) }
                : new JsonObject
                {
                    ["type"] = "stdio",
                    ["command"] = settings.Command,
                    ["args"] = new JsonArray([.. settings.Arguments.Select(argument => JsonValue.Create(argument))]),
                    ["env"] = Map(settings.Environment),
                };
        }

        if (withFunctions)
        {
            servers[FunctionNames.Server] = new JsonObject
            {
                ["type"] = "sdk",
                ["name"] = FunctionNames.Server,

                // The turn's own limit is the only one; and a slow call is waited for, not sent to the background.
                ["timeout"] = (long)options.TurnTimeout.TotalMilliseconds,
                ["disableAutoBackground"] = true,
            };
        }

        return new JsonObject { ["subtype"] = "mcp_set_servers", ["servers"] = servers };
    }

    private static JsonObject Map(IDictionary<string, string> pairs) =>
        new(pairs.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))));
}
