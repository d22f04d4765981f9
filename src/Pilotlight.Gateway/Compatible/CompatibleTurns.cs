using Microsoft.AspNetCore.Http;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Network;
using Pilotlight.Core.Access;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Begins the turns of the compatible APIs: nothing of them is stored but what they use, and each ends with its connection.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class CompatibleTurns(
    CallTurns calls, IClaudeConversations conversations, ClaudeRelay relay, ConversationIndex hot, ContextLimits limits, ICallNodes nodes, TimeProvider time)
{
    /// <summary>A caller's own name for a conversation, in a request.</summary>
    public const string ConversationHeader = "x-pilotlight-conversation";

    private const int MaxConversationName = 200;

    /// <summary>Begins one, on the node whose process holds its history. Sets the headers that say how it is served.</summary>
    /// <param name="http">The request.</param>
    /// <param name="request">What it asks.</param>
    /// <param name="body">What was sent, for another node to read; null for a call that no other may run.</param>
    /// <exception cref="ProblemException">It may not run, or there is no room for it.</exception>
    public async Task<ICallTurn> BeginAsync(HttpContext http, CompatibleRequest request, ReadOnlyMemory<byte>? body = null)
    {
        var (owner, facts) = (new CallOwner(http.GetCaller(), NameOf(http)), ResponseFacts.Of(http));
        var fingerprint = owner.Fingerprint(request, request.History);
        facts.Node = nodes.Name;
        if (body is { } sent && await HandOverAsync(owner, request, fingerprint, sent) is { } handed)
        {
            facts.Node = handed.Node;
            facts.TurnBegins(request.Ignored);
            facts.Routed("cli", () => handed.Turn.Upstream);
            return handed.Turn;
        }

        return await BeginHereAsync(owner, request, fingerprint, facts.ArrivedAt, turn =>
        {
            facts.TurnBegins(request.Ignored);
            facts.Routed("cli", () => turn.Upstream);
            facts.Limited(turn, Dialects.Of(http.Request) == Dialect.Anthropic ? LimitWords.Anthropic : LimitWords.OpenAi);
        });
    }

    /// <summary>Begins one that another node hands over.</summary>
    /// <exception cref="ProblemException">It may not run, or there is no room for it.</exception>
    public Task<CompatibleTurn> BeginHereAsync(CallOwner owner, CompatibleRequest request, long arrivedAt) =>
        BeginHereAsync(owner, request, owner.Fingerprint(request, request.History), arrivedAt, static _ => { });

    /// <summary>Whether a live process here holds this history.</summary>
    public bool Holds(string fingerprint) =>
        hot.Find(fingerprint) is { } session && conversations.ListHot().Any(one => one.ConversationId == session.Conversation);

    private ValueTask<HandedTurn?> HandOverAsync(CallOwner owner, CompatibleRequest request, string fingerprint, ReadOnlyMemory<byte> body) =>
        nodes.Name is null || request.History.Count == 0 || Holds(fingerprint)
            ? default
            : nodes.BeginAsync(new HandedCall(owner.Caller.KeyId, fingerprint, request.Api, owner.Name, body));

    private async Task<CompatibleTurn> BeginHereAsync(CallOwner owner, CompatibleRequest request, string fingerprint, long arrivedAt, Action<RunningTurn> begins)
    {
        var input = limits.Check(request.Model, request.Texts()) + request.ImageTokens();
        var turn = await calls.AdmitAsync(new TurnToAdmit(owner.Caller, request.Model, null, input), arrivedAt);
        try
        {
            var (id, held) = await TakeAsync(fingerprint, request);
            begins(turn);

            // Where the API itself stops at the caller's limit and texts, nothing is cut here.
            var told = relay.HoldsKey ? request with { Settings = request.Settings with { MaxTokens = null, StopSequences = [] } } : request;
            var journal = new CompatibleTurn(
                told, turn, calls.LedgerOf(turn), held, new CallProcess(id, request, all => owner.Fingerprint(request, all), hot, conversations), time);
            var asked = relay.HoldsKey ? request : ForcedTools.Ask(request);
            var source = new ConversationSource(conversations, ConversationOf(asked, id), CallerTools.Content(asked));
            calls.Run(turn, new TurnWork(request.Api, request.Model, source), journal);
            return journal;
        }
        catch
        {
            await calls.AbandonAsync(turn);
            throw;
        }
    }

    private Conversation ConversationOf(CompatibleRequest request, string id) => new()
    {
        Id = id,
        Model = request.Model,
        SystemPrompt = request.SystemPrompt,
        History = [.. CallerTools.History(request.History, request.Tools)],
        Tools = CallerToolNames.Declared(request.Tools),
        Effort = request.Settings.Effort,
        ThinkingSummaries = request.Settings.ThinkingSummaries ?? (request.Settings.Thinking is not null && request.ShowsThinking ? true : null),
        Calls = new WireTurn { Parameters = relay.HoldsKey ? WireParameters.Of(request) : CallParameters.None },
        OutputSchema = request.OutputSchema,
    };

    // A process that waits for results is of use to nobody who brings anything else.
    private async ValueTask<(string Id, HeldTurn? Held)> TakeAsync(string fingerprint, CompatibleRequest request)
    {
        if (hot.TryTake(fingerprint) is { } found)
        {
            if (found.Held is null || request.AnswersCalls)
            {
                return (found.Conversation, found.Held);
            }

            await conversations.ForgetAsync(found.Conversation, CancellationToken.None);
        }

        return ("api-" + Guid.NewGuid().ToString("N"), null);
    }

    private static string? NameOf(HttpContext http)
    {
        var name = http.Request.Headers[ConversationHeader].ToString();
        return name.Length switch
        {
            0 => null,
            > MaxConversationName => throw RequestProblems.Invalid($"{ConversationHeader} has {name.Length} characters; at most {MaxConversationName} are taken."),
            _ => name,
        };
    }
}
