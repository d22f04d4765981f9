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
    CallTurns calls, IClaudeConversations conversations, ClaudeRelay relay, ConversationIndex hot, ContextLimits limits, TimeProvider time)
{
    /// <summary>A caller's own name for a conversation, in a request.</summary>
    public const string ConversationHeader = "x-pilotlight-conversation";

    private const int MaxConversationName = 200;

    /// <summary>Begins one. Sets the headers that say how it is served.</summary>
    /// <exception cref="ProblemException">It may not run, or there is no room for it.</exception>
    public async Task<CompatibleTurn> BeginAsync(HttpContext http, CompatibleRequest request)
    {
        var (caller, facts, name) = (http.GetCaller(), ResponseFacts.Of(http), NameOf(http));
        var input = limits.Check(request.Model, request.Texts()) + request.ImageTokens();
        var turn = await calls.AdmitAsync(new TurnToAdmit(caller, request.Model, null, input), facts.ArrivedAt);
        try
        {
            var (id, held) = await TakeAsync(Fingerprint(request.History), request);
            facts.TurnBegins(request.Ignored);
            facts.Routed("cli", () => turn.Upstream);
            facts.Limited(turn, Dialects.Of(http.Request) == Dialect.Anthropic ? LimitWords.Anthropic : LimitWords.OpenAi);

            // Where the API itself stops at the caller's limit and texts, nothing is cut here.
            var told = relay.HoldsKey ? request with { Settings = request.Settings with { MaxTokens = null, StopSequences = [] } } : request;
            var journal = new CompatibleTurn(
                told, turn, calls.LedgerOf(turn), held, new CallProcess(id, request, Fingerprint, hot, conversations), time);
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

        string Fingerprint(IEnumerable<CompatibleMessage> messages) => name is null
            ? HistoryFingerprint.Exact(caller.KeyId, request, messages)
            : HistoryFingerprint.Named(caller.KeyId, name, request, messages);
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
