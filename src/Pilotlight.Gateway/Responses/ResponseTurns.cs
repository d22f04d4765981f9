using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Network;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Responses;

/// <summary>A response that was begun.</summary>
internal sealed record BegunResponse(Turn Turn, LiveTurn? Live, ResponseReading Reading);

/// <summary>Begins the turns that responses are: each in the thread that it goes on with, in a fork of it, or in one of its own.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class ResponseTurns(
    ThreadService threads, ThreadForks forks, TurnService turns, StoredResponses stored, ResponseRetries retries, ClaudeRelay relay, IOptions<CompatibleOptions> options)
{
    /// <summary>The call with all that was said before, as one that brings all of it along.</summary>
    public async Task<CompatibleRequest> ReadWholeAsync(Caller caller, ResponseCall call, JsonElement body, CancellationToken cancellationToken)
    {
        var said = await SaidBeforeAsync(caller, call, cancellationToken);
        var input = ResponseInput.Read(body, await stored.ReferredAsync(caller, body, cancellationToken), goesOn: said is not null);
        return call.With(body, input, [.. (said?.UpTo.Turns ?? []).SelectMany(turn => turn.Messages).Select(Message)]);
    }

    /// <summary>Begins the turn of a response that is kept. Sets the headers that say how it is served.</summary>
    /// <exception cref="ProblemException">It may not run, or what it goes on from is not there.</exception>
    public async Task<BegunResponse> BeginAsync(HttpContext http, ResponseCall call, JsonElement body)
    {
        var (caller, facts) = (http.GetCaller(), ResponseFacts.Of(http));
        var retry = ResponseRetry.Of(http.Request, caller, body);
        if (retry is not null && await retries.FindAsync(caller, call, retry, http.RequestAborted) is { } begun)
        {
            http.Response.Headers["x-pilotlight-turn"] = begun.Turn.Id;
            http.Response.Headers["x-pilotlight-replayed"] = "true";
            return begun;
        }

        var said = await SaidBeforeAsync(caller, call, http.RequestAborted);
        var input = ResponseInput.Read(body, await stored.ReferredAsync(caller, body, http.RequestAborted), goesOn: said is not null);

        // The calls that wait: what is said now must answer them.
        CompatibleMessage[] asked = said?.UpTo.Awaited is { Count: > 0 } ? [Message(said.UpTo.Turns[^1].Messages[^1])] : [];
        var way = relay.HoldsKey ? CallRoute.Wire : CallRoute.Cli;
        var request = call.With(body, input, asked).Settle(way, options.Value);
        var prompt = call.ToPrompt(request, request.History.Skip(asked.Length), way) with { Request = retry?.Request };

        using var room = retry is not null && said is not { IsWhole: true } ? await retries.MakeRoomAsync(caller, retry) : null;

        // From here on the turn is the server's: the client's leaving must not undo it half way.
        var isNew = said is null;
        var thread = said switch
        {
            null => await CreateAsync(caller, new NewThread(Model: request.Model, SystemPrompt: input.System), retry?.ThreadId),
            { IsWhole: true } => said.UpTo.Thread,
            _ => (await forks.ForkAsync(caller, said.UpTo, retry?.ThreadId, CancellationToken.None)).Thread,
        };
        try
        {
            var taken = await turns.BeginAsync(caller, thread.Id, prompt.Text, retry?.Key, CancellationToken.None, facts.ArrivedAt, prompt: prompt);
            var (turn, live, isReplay) = taken;
            facts.Node = taken.Node;
            facts.TurnBegins(request.Ignored);
            facts.Routed("cli", () => live?.Upstream);
            if (live is not null)
            {
                facts.Limited(live, LimitWords.OpenAi);
            }

            http.Response.Headers["x-pilotlight-turn"] = turn.Id;
            if (isReplay)
            {
                http.Response.Headers["x-pilotlight-replayed"] = "true";
            }

            return new BegunResponse(turn, live, new ResponseReading(new ResponseFrame(ResponseIds.OfTurn(turn.Id), request.Model, call.Echo), prompt));
        }
        catch when (isNew || said is { IsWhole: false })
        {
            await threads.DeleteAsync(caller, thread.Id, CancellationToken.None);
            throw;
        }
    }

    private async Task<SaidBefore?> SaidBeforeAsync(Caller caller, ResponseCall call, CancellationToken cancellationToken)
    {
        if (call.PreviousId is { } id)
        {
            var (turn, _) = await stored.RequireAsync(caller, id, cancellationToken);
            return await forks.ReadAsync(caller, turn.ThreadId, turn.Id, cancellationToken);
        }

        return call.Conversation is { } conversation ? await forks.ReadAsync(caller, ResponseIds.ThreadOf(conversation), null, cancellationToken) : null;
    }

    private static CompatibleMessage Message(HistoryMessage message) => new(message.Role, message.Content ?? [new UserText(message.Text)]) { Calls = message.Calls ?? [] };

    private Task<ChatThread> CreateAsync(Caller caller, NewThread request, string? id)
    {
        var thread = threads.Prepare(caller, request);
        return threads.StoreAsync(id is null ? thread : thread with { Id = id }, CancellationToken.None);
    }
}
