using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Direct;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Responses;

/// <summary>Answers responses of which nothing is kept, as the compatible APIs' calls are answered. Safe for concurrent use.</summary>
internal sealed class StatelessResponses(
    CompatibleTurns turns, DirectTurns direct, DirectRoute route, IOptions<StreamOptions> streams, IOptions<CompatibleOptions> options, TimeProvider time)
{
    /// <summary>Answers one; it ends with its connection.</summary>
    public async Task RunAsync(HttpContext http, CompatibleRequest call, JsonElement echo)
    {
        var way = route.Of(call.Model);
        var request = call.Settle(way, options.Value);
        ICallTurn turn = way == CallRoute.Direct ? await direct.BeginAsync(http, request) : await turns.BeginAsync(http, request);
        var answer = new StatelessAnswer(new ResponseFrame($"resp_{Guid.CreateVersion7(time.GetUtcNow()):N}", request.Model, echo), request.Settings.KeepsThinking);
        await CompatibleCall.RunAsync(http, turn, request, answer, streams.Value, options.Value.KeepAlive, time);
    }
}
