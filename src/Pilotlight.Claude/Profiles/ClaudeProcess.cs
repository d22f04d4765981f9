using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Hooks;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;
using Pilotlight.Wire.Rehearsals;

namespace Pilotlight.Claude.Profiles;

/// <summary>The connection to one CLI process, with the answers to what the CLI asks over it.</summary>
internal sealed class ClaudeProcess
{
    private readonly ToolPermissions _permissions;
    private readonly HookCallbacks _hooks;
    private readonly IReadOnlyList<KeyValuePair<string, SubagentOptions>> _agents;
    private readonly IServiceProvider _services;
    private readonly ILogger _logger;
    private string? _conversationId;

    public ClaudeProcess(CliConnection connection, AgentProfileOptions? agent, IServiceProvider services, ILogger logger)
    {
        Connection = connection;
        _permissions = new ToolPermissions(agent?.CanUseTool, new ToolPolicy(agent), logger);
        _agents = agent is { Agents.Count: > 0 } ? [.. agent.Agents] : [];
        _hooks = new HookCallbacks([.. agent?.Hooks ?? []], logger);
        (_services, _logger) = (services, logger);
        connection.RequestHandler = AnswerAsync;
    }

    public CliConnection Connection { get; }

    /// <summary>The calls that wait for a person.</summary>
    public WaitingCalls Waiting => _permissions.Waiting;

    /// <summary>The whole turn that it went through before it was parked; null when it did not.</summary>
    public WireRehearsal? Rehearsal { get; set; }

    /// <summary>What it has told of itself before any turn of a user's.</summary>
    public CliTotals Totals { get; set; } = CliTotals.None;

    /// <summary>The functions that the conversation offers, if any.</summary>
    public FunctionServer? Functions { get; private set; }

    /// <summary>Gives the process to a conversation and makes its functions, and those of its profile, ready to be called.</summary>
    /// <exception cref="ArgumentException">A function cannot be offered as it is.</exception>
    public void Offer(Conversation conversation, AgentProfileOptions? agent)
    {
        _conversationId = conversation.Id;
        _permissions.Use(conversation.Approvals);
        var tools = All(conversation, agent);
        if (tools.Count == 0)
        {
            return;
        }

        FunctionNames.Check(tools);
        if (!_permissions.CanAsk && tools.FirstOrDefault(tool => tool.GetService<ApprovalRequiredAIFunction>() is not null) is { } needy)
        {
            throw new ArgumentException(
                $"The function '{needy.Name}' needs approval, and nobody is there to give it: use a profile with CanUseTool, or offer the function itself.");
        }

        Functions = new FunctionServer(conversation.Id, tools, _permissions, _services, _logger);
    }

    /// <summary>Puts this turn's functions behind the declarations that were offered, and has this turn's caller asked.</summary>
    public void Use(Conversation conversation, AgentProfileOptions? agent)
    {
        _permissions.Use(conversation.Approvals);
        Functions?.Use(All(conversation, agent));
    }

    /// <summary>The request that sets, once for all, what a process is.</summary>
    /// <param name="systemPrompt">The system prompt.</param>
    /// <param name="outputSchema">The JSON schema that answers must fit, or null for text.</param>
    public JsonObject Initialize(string systemPrompt, JsonElement? outputSchema)
    {
        var request = new JsonObject { ["subtype"] = "initialize", ["systemPrompt"] = new JsonArray(systemPrompt) };
        if (_hooks.Declare() is { } hooks)
        {
            request["hooks"] = hooks;
        }

        if (_agents.Count > 0)
        {
            request["agents"] = SubagentJson.Declare(_agents);
        }

        if (outputSchema is { } schema)
        {
            request["jsonSchema"] = schema.ToNode();
        }

        return request;
    }

    private static IReadOnlyList<AIFunctionDeclaration> All(Conversation conversation, AgentProfileOptions? agent) =>
        agent is { Functions.Count: > 0 } ? [.. agent.Functions, .. conversation.Tools] : conversation.Tools;

    private ValueTask<JsonNode?> AnswerAsync(CliControlRequest request, CancellationToken cancellationToken) => request.Subtype switch
    {
        "can_use_tool" => _permissions.AnswerAsync(request.Request, _conversationId, cancellationToken),
        "elicitation" => _permissions.ElicitAsync(request.Request, _conversationId, cancellationToken),
        "hook_callback" => _hooks.AnswerAsync(request.Request, _conversationId, cancellationToken),
        "mcp_message" when Functions is { } functions && request.Request.Property("server_name").AsString() == FunctionNames.Server =>
            functions.DeliverAsync(request.Request.Property("message"), cancellationToken),
        _ => throw new InvalidOperationException($"'{request.Subtype}' is not supported here."),
    };
}
