using System.Text.Json;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Access;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Direct;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Nodes;

/// <summary>Runs calls of the compatible APIs that other nodes hand over: read as they are read from a connection, and limited and booked here alone. Safe for concurrent use.</summary>
internal sealed class HandedCalls(CompatibleTurns turns, DirectRoute route, IOptions<CompatibleOptions> options) : ICallHost
{
    public bool Holds(string fingerprint) => turns.Holds(fingerprint);

    public async Task<ICallTurn> BeginAsync(HandedCall call, Caller caller, long arrivedAt)
    {
        var body = JsonElement.Parse(call.Body.Span, new JsonDocumentOptions { MaxDepth = JsonText.MaxDepth });
        var request = call.Api == MessagesRequest.Api ? MessagesRequest.Read(body) : ChatCompletionRequest.Read(body);
        return await turns.BeginHereAsync(new CallOwner(caller, call.Name), request.Settle(route.Of(request.Model), options.Value), arrivedAt);
    }
}
