using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Threads;
using Pilotlight.Client.Turns;

namespace Pilotlight.Client.Chat;

/// <summary>A gateway's durable turns as an <see cref="IChatClient"/>.</summary>
internal sealed class PilotlightChatClient(PilotlightClient gateway, NewThread defaults) : IChatClient
{
    private static readonly TimeSpan s_cancelLimit = TimeSpan.FromSeconds(5);

    private readonly ChatClientMetadata _metadata = new("pilotlight", gateway.Options.Address, defaults.Model);

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var call = ChatCall.From(messages, options);
        if (options?.ContinuationToken is { } token)
        {
            return await PollAsync(TurnPosition.From(token), cancellationToken).ConfigureAwait(false);
        }

        var thread = await ThreadAsync(call, options, cancellationToken).ConfigureAwait(false);
        return options?.AllowBackgroundResponses is true
            ? await BeginAsync(thread, call, cancellationToken).ConfigureAwait(false)
            : await CollectAsync(StreamAsync(thread, new TurnUpdates(thread, givesTokens: false), gateway.RunTurnAsync(thread, call.Text, cancellationToken), endsWithCaller: true))
                .ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var call = ChatCall.From(messages, options);
        var isBackground = options?.AllowBackgroundResponses is true || options?.ContinuationToken is not null;
        var position = options?.ContinuationToken is { } token ? TurnPosition.From(token) : null;
        var thread = position?.Thread ?? await ThreadAsync(call, options, cancellationToken).ConfigureAwait(false);
        var events = position is null
            ? gateway.RunTurnAsync(thread, call.Text, cancellationToken)
            : gateway.FollowTurnAsync(thread, position.Turn, position.After, cancellationToken);
        var isSent = position is { After: > 0 };
        var updates = new TurnUpdates(thread, isBackground) { TurnId = position?.Turn };
        await foreach (var (turnEvent, update) in StreamAsync(thread, updates, events, endsWithCaller: !isBackground).ConfigureAwait(false))
        {
            if (turnEvent is TextReset && isSent)
            {
                throw new PilotlightException(new GatewayProblem(
                    "text-reset", "The model started over", "The API broke off in the middle of the answer and began anew, and what was streamed cannot be taken back. Ask again, or without streaming."));
            }

            if (update is not null)
            {
                isSent |= turnEvent is TextDelta;
                yield return update;
            }
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType == typeof(PilotlightClient) ? gateway
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // The gateway's client is its maker's.
    }

    // A thread for a call that names none; what a call asks of one that it names is written to it when it differs.
    private async Task<string> ThreadAsync(ChatCall call, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (options?.ConversationId is not { } named)
        {
            return (await gateway.CreateThreadAsync(
                defaults with { Model = options?.ModelId ?? defaults.Model, SystemPrompt = call.SystemPrompt ?? defaults.SystemPrompt }, cancellationToken).ConfigureAwait(false)).Id;
        }

        if (options.ModelId is not null || call.SystemPrompt is not null)
        {
            var thread = await gateway.GetThreadAsync(named, cancellationToken).ConfigureAwait(false);
            var change = new ThreadChange(
                Model: options.ModelId == thread.Model ? null : options.ModelId, SystemPrompt: call.SystemPrompt == thread.SystemPrompt ? null : call.SystemPrompt);
            if (change != new ThreadChange())
            {
                await gateway.UpdateThreadAsync(named, change, cancellationToken).ConfigureAwait(false);
            }
        }

        return named;
    }

    // A turn that was begun is durable: from its first event on there is nothing to wait for.
    private async Task<ChatResponse> BeginAsync(string thread, ChatCall call, CancellationToken cancellationToken)
    {
        var updates = new TurnUpdates(thread, givesTokens: true);
        await foreach (var turnEvent in gateway.RunTurnAsync(thread, call.Text, cancellationToken).ConfigureAwait(false))
        {
            updates.From(turnEvent);
            if (turnEvent is TurnStarted)
            {
                break;
            }
        }

        return Pending(new TurnPosition(thread, updates.TurnId!, 0));
    }

    private async Task<ChatResponse> PollAsync(TurnPosition position, CancellationToken cancellationToken)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        wait.CancelAfter(gateway.Options.PollWait);
        try
        {
            var events = gateway.FollowTurnAsync(position.Thread, position.Turn, 0, wait.Token);
            return await CollectAsync(StreamAsync(position.Thread, new TurnUpdates(position.Thread, givesTokens: false), events, endsWithCaller: false)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Pending(position);
        }
    }

    private static ChatResponse Pending(TurnPosition position) =>
        new() { ConversationId = position.Thread, ResponseId = position.Turn, ContinuationToken = (position with { After = 0 }).ToToken() };

    private async IAsyncEnumerable<(TurnEvent Event, ChatResponseUpdate? Update)> StreamAsync(
        string thread, TurnUpdates updates, IAsyncEnumerable<TurnEvent> events, bool endsWithCaller)
    {
        var hasEnded = false;
        try
        {
            await foreach (var turnEvent in events.ConfigureAwait(false))
            {
                hasEnded = turnEvent.IsLast;
                yield return (turnEvent, updates.From(turnEvent));
            }
        }
        finally
        {
            // Nobody asked for it to go on in the background: it stops with its caller.
            if (!hasEnded && endsWithCaller && updates.TurnId is { } turn)
            {
                await CancelAsync(thread, turn).ConfigureAwait(false);
            }
        }
    }

    private async Task CancelAsync(string thread, string turn)
    {
        using var limit = new CancellationTokenSource(s_cancelLimit);
        try
        {
            await gateway.CancelTurnAsync(thread, turn, limit.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is PilotlightException or OperationCanceledException)
        {
            // The caller leaves for a reason of its own, which must reach it; a turn that nobody follows is ended by the gateway.
        }
    }

    private static async Task<ChatResponse> CollectAsync(IAsyncEnumerable<(TurnEvent Event, ChatResponseUpdate? Update)> stream)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var (turnEvent, update) in stream.ConfigureAwait(false))
        {
            if (turnEvent is TextReset)
            {
                updates.RemoveAll(sent => sent.RawRepresentation is TextDelta);
            }
            else if (update is not null)
            {
                updates.Add(update);
            }
        }

        var response = updates.ToChatResponse();
        response.AdditionalProperties = updates[^1].AdditionalProperties;
        return response;
    }
}
