using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Pilotlight.Claude.Tools;

/// <summary>Carries MCP messages inside the CLI's <c>mcp_message</c> control requests: each request of the CLI's is answered by its control response.</summary>
internal sealed class ControlChannelTransport : ITransport
{
    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    private readonly Channel<JsonRpcMessage> _incoming = Channel.CreateUnbounded<JsonRpcMessage>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<RequestId, TaskCompletionSource<JsonRpcMessage>> _pending = new();

    public string? SessionId => null;

    public ChannelReader<JsonRpcMessage> MessageReader => _incoming.Reader;

    /// <summary>Hands a message of the CLI's to the server; returns the control response's payload.</summary>
    public async ValueTask<JsonNode?> DeliverAsync(JsonElement message, CancellationToken cancellationToken)
    {
        var parsed = message.Deserialize(MessageType) ?? throw new JsonException("An empty MCP message came.");
        if (parsed is not JsonRpcRequest request)
        {
            Withdraw(parsed as JsonRpcNotification);
            _incoming.Writer.TryWrite(parsed);
            return Wrap(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 0, ["result"] = new JsonObject() });
        }

        var answer = new TaskCompletionSource<JsonRpcMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[request.Id] = answer;
        if (!_incoming.Writer.TryWrite(request))
        {
            throw new IOException("The conversation's functions are not offered any more.");
        }

        try
        {
            return Wrap(JsonSerializer.SerializeToNode(await answer.Task.WaitAsync(cancellationToken), MessageType));
        }
        finally
        {
            _pending.TryRemove(request.Id, out _);
        }
    }

    public Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        // Requests and notifications of the server's own have nowhere to go, and it makes none.
        if (message is JsonRpcMessageWithId { Id: var id } and (JsonRpcResponse or JsonRpcError) && _pending.TryGetValue(id, out var waiting))
        {
            waiting.TrySetResult(message);
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _incoming.Writer.TryComplete();
        foreach (var waiting in _pending.Values)
        {
            waiting.TrySetException(new IOException("The conversation's functions are not offered any more."));
        }

        return ValueTask.CompletedTask;
    }

    // The server never answers a request that was withdrawn.
    private void Withdraw(JsonRpcNotification? notification)
    {
        if (notification?.Method == NotificationMethods.CancelledNotification
            && notification.Params?.Deserialize<CancelledNotificationParams>(McpJsonUtilities.DefaultOptions) is { } cancelled
            && _pending.TryGetValue(cancelled.RequestId, out var waiting))
        {
            waiting.TrySetCanceled();
        }
    }

    private static JsonObject Wrap(JsonNode? message) => new() { ["mcp_response"] = message };
}
