using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;

namespace Pilotlight.Claude.Tools;

/// <summary>The functions that one conversation offers to its process, as an MCP server on the control channel.</summary>
/// <remarks>
/// The declarations stay as they were first told; the functions behind them may be replaced from turn to turn. A declaration
/// that is no function is answered by the caller: its call waits until <see cref="TryAnswer"/>.
/// </remarks>
internal sealed partial class FunctionServer : IAsyncDisposable
{
    private readonly string _conversationId;
    private readonly IServiceProvider _services;
    private readonly ToolPermissions _permissions;
    private readonly ILogger _logger;
    private readonly ControlChannelTransport _transport = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly McpServer _server;
    private readonly Task _running;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<CallToolResult>> _awaited = new(StringComparer.Ordinal);
    private volatile Dictionary<string, AIFunctionDeclaration> _tools = [];

    public FunctionServer(
        string conversationId, IReadOnlyList<AIFunctionDeclaration> tools, ToolPermissions permissions, IServiceProvider services, ILogger logger)
    {
        (_conversationId, _permissions, _services, _logger) = (conversationId, permissions, services, logger);
        Use(tools);
        var declared = new ListToolsResult { Tools = [.. tools.Select(Declare)] };
        _server = McpServer.Create(
            _transport,
            new McpServerOptions
            {
                ServerInfo = new Implementation { Name = FunctionNames.Server, Version = "1" },
                Capabilities = new ServerCapabilities { Tools = new ToolsCapability() },
                Handlers = new McpServerHandlers
                {
                    ListToolsHandler = (_, _) => ValueTask.FromResult(declared),
                    CallToolHandler = CallAsync,
                },
            },
            serviceProvider: services);
        _running = _server.RunAsync();
    }

    /// <summary>Whether there are declarations that the caller answers.</summary>
    public bool HasCallers => _tools.Values.Any(tool => tool is not AIFunction);

    /// <summary>Called when a call begins to wait for the caller.</summary>
    public Action? Awaiting { get; set; }

    /// <summary>What identifies a set of declarations: another set needs another process.</summary>
    public static string? Fingerprint(IReadOnlyList<AIFunctionDeclaration> tools) => tools.Count == 0
        ? null
        : string.Join('\n', tools.Select(tool => $"{tool.Name}\t{tool is AIFunction}\t{tool.Description}\t{tool.JsonSchema.GetRawText()}").Order(StringComparer.Ordinal));

    /// <summary>Puts the functions of this turn behind the declarations.</summary>
    public void Use(IReadOnlyList<AIFunctionDeclaration> tools) => _tools = tools.ToDictionary(tool => tool.Name, StringComparer.Ordinal);

    /// <summary>Whether a call waits for the caller.</summary>
    public bool IsAwaited(string toolUseId) => _awaited.ContainsKey(toolUseId);

    /// <summary>Answers a call that waits for the caller.</summary>
    public bool TryAnswer(UserToolResult result) =>
        _awaited.TryRemove(result.ToolUseId, out var waiting)
        && waiting.TrySetResult(FunctionResults.From(result));

    /// <summary>Hands an MCP message of the CLI's to the server.</summary>
    public ValueTask<JsonNode?> DeliverAsync(JsonElement message, CancellationToken cancellationToken) =>
        _transport.DeliverAsync(message, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _transport.DisposeAsync();
        await _server.DisposeAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private static Tool Declare(AIFunctionDeclaration tool) => new()
    {
        Name = tool.Name,
        Description = tool.Description,
        InputSchema = tool.JsonSchema,

        // The CLI runs calls side by side only when they change nothing; those of the caller's own all have to reach him at once.
        Annotations = tool is AIFunction ? null : new ToolAnnotations { ReadOnlyHint = true },

        // Without it an agent profile has the model search for the tool first.
        Meta = new JsonObject { ["anthropic/alwaysLoad"] = true },
    };

    private async ValueTask<CallToolResult> CallAsync(RequestContext<CallToolRequestParams> context, CancellationToken cancellationToken)
    {
        var call = context.Params!;
        var id = (string?)call.Meta?["claudecode/toolUseId"] ?? "";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        switch (_tools.GetValueOrDefault(call.Name))
        {
            case AIFunction function:
                // One that ignores its cancellation runs on by itself and holds nobody up.
                return await InvokeAsync(function, call, id, ending.Token).WaitAsync(ending.Token);
            case { }:
                return await AwaitCallerAsync(id, ending.Token);
            default:
                return FunctionResults.Error($"There is no function '{call.Name}'.");
        }
    }

    private async Task<CallToolResult> InvokeAsync(AIFunction function, CallToolRequestParams call, string id, CancellationToken cancellationToken)
    {
        try
        {
            if (function.GetService<ApprovalRequiredAIFunction>() is not null
                && await _permissions.AskAsync(Request(call, id), cancellationToken) is ToolDenied denied)
            {
                return FunctionResults.Error(denied.Message);
            }

            var arguments = new AIFunctionArguments(call.Arguments?.ToDictionary(pair => pair.Key, object? (pair) => pair.Value, StringComparer.Ordinal) ?? [])
            {
                Services = _services,
                Context = new Dictionary<object, object?> { [typeof(FunctionCall)] = new FunctionCall(id, _conversationId) },
            };
            return FunctionResults.From(await function.InvokeAsync(arguments, cancellationToken), function.JsonSerializerOptions);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            // The model is told that it failed, not why: an exception's text may hold what is no business of the model's.
            LogFailed(_logger, function.Name, fault);
            return FunctionResults.Error($"The function '{function.Name}' failed.");
        }
    }

    private ToolPermissionRequest Request(CallToolRequestParams call, string id) => new(
        FunctionNames.Qualify(call.Name),
        JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, JsonElement>(), ToolJson.Default.IDictionaryStringJsonElement),
        id)
    {
        ConversationId = _conversationId,
    };

    private async Task<CallToolResult> AwaitCallerAsync(string id, CancellationToken cancellationToken)
    {
        var answer = _awaited.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        Awaiting?.Invoke();
        try
        {
            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _awaited.TryRemove(id, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The function {Function} failed; the model was told that it did")]
    private static partial void LogFailed(ILogger logger, string function, Exception fault);
}
