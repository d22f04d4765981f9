using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Direct;

/// <summary>Begins turns that are one call of the API, translated into its words. Safe for concurrent use.</summary>
internal sealed class DirectTurns(CallTurns calls, DirectRoute route, ContextLimits limits, TimeProvider time)
{
    /// <summary>Begins one. Sets the headers that say how it is served.</summary>
    /// <exception cref="ProblemException">It may not run, or there is no room for it.</exception>
    public async Task<DirectTurn> BeginAsync(HttpContext http, CompatibleRequest request)
    {
        var facts = ResponseFacts.Of(http);
        var input = limits.Check(request.Model, request.Texts()) + request.ImageTokens();
        var turn = await calls.AdmitAsync(new TurnToAdmit(http.GetCaller(), request.Model, null, input), facts.ArrivedAt);
        facts.TurnBegins(request.Ignored);
        facts.Routed(DirectRoute.Name, () => turn.Upstream);
        facts.Limited(turn, LimitWords.OpenAi); // Anthropic's calls pass as they are.
        var model = route.FullName(request.Model)!;
        var source = new MessageSource(route.Relay!, MessageBody.Of(request, model), model, time);
        var journal = new DirectTurn(turn, calls.LedgerOf(turn), time);
        calls.Run(turn, new TurnWork(request.Api, request.Model, source), journal);
        return journal;
    }
}
