using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Telemetry;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Runs the turns of the compatible APIs: nothing is stored, and a turn ends with its connection.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed partial class CompatibleTurns : IDisposable
{
    /// <summary>A caller's own name for a conversation, in a request.</summary>
    public const string ConversationHeader = "x-pilotlight-conversation";

    private const int MaxConversationName = 200;

    private readonly IClaudeConversations _conversations;
    private readonly IAdmission _admission;
    private readonly ConversationIndex _hot;
    private readonly TurnPlaces _places;
    private readonly ContextLimits _limits;
    private readonly LimitOptions _prices;
    private readonly GatewayTelemetry _telemetry;
    private readonly RelayOptions _relay;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _drained = new();
    private readonly CancellationToken _stopping;

    public CompatibleTurns(
        IClaudeConversations conversations,
        IAdmission admission,
        ConversationIndex hot,
        TurnPlaces places,
        ContextLimits limits,
        IOptions<LimitOptions> prices,
        GatewayTelemetry telemetry,
        IOptions<RelayOptions> relay,
        IHostApplicationLifetime lifetime,
        ILogger<CompatibleTurns> logger)
    {
        (_conversations, _admission, _hot, _places, _limits, _prices, _telemetry, _relay, _logger) =
            (conversations, admission, hot, places, limits, prices.Value, telemetry, relay.Value, logger);
        _stopping = lifetime.ApplicationStopping;
        _stopping.Register(() => _drained.CancelAfter(_relay.DrainTimeout));
    }

    /// <summary>Runs one and yields what happens in it; the last event is its end. Sets the headers that say how it was served.</summary>
    /// <exception cref="ProblemException">It may not run, or there is no room for it; thrown before anything is yielded.</exception>
    public async IAsyncEnumerable<TurnEvent> RunAsync(
        HttpContext http, CompatibleRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_stopping.IsCancellationRequested)
        {
            throw TurnProblems.Stopping();
        }

        var input = _limits.Check(request.Model, request.Texts()) + request.ImageTokens();
        using var place = _places.Take();
        var caller = http.GetCaller();
        await using var admitted = await _admission.AdmitAsync(
            new TurnToAdmit(caller, request.Model, null, input), cancellationToken);
        var name = NameOf(http);
        var (id, held) = await TakeAsync(Fingerprint(request.History), request);
        var conversation = new Conversation
        {
            Id = id,
            Model = request.Model,
            SystemPrompt = request.SystemPrompt,
            History = [.. CallerTools.History(request.History, request.Tools)],
            Tools = CallerToolNames.Declared(request.Tools),
            Effort = request.Settings.Effort,
            OutputSchema = request.OutputSchema,
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _drained.Token);
        var facts = ResponseFacts.Of(http);
        facts.TurnBegins(request.Ignored);
        using var trace = TurnTrace.Begin(_telemetry, request.Api, request.Model, null, facts.Overhead);
        var turn = new CompatibleTurn(request, new CallerTurn(request, held), admitted, _prices, KeepAsync, stop, cancellationToken);
        try
        {
            await foreach (var turnEvent in _conversations.RunTurnAsync(conversation, CallerTools.Content(request), stop.Token))
            {
                trace.Saw(turnEvent);
                if (turnEvent is TurnStarted started)
                {
                    facts.Acquired(started.Source);
                }

                foreach (var told in await turn.TellAsync(turnEvent))
                {
                    yield return told;
                }
            }
        }
        finally
        {
            if (!turn.IsKept)
            {
                // Nobody else can know what the process has seen.
                await _conversations.ForgetAsync(id);
            }
        }

        string Fingerprint(params IEnumerable<CompatibleMessage> messages) => name is null
            ? HistoryFingerprint.Exact(caller.KeyId, request, messages)
            : HistoryFingerprint.Named(caller.KeyId, name, request, messages);

        async ValueTask KeepAsync(CompatibleMessage answer, HeldTurn? waiting)
        {
            var all = request.History.Append(new CompatibleMessage(HistoryRole.User, request.Content)).Append(answer);
            if (_hot.Put(Fingerprint(all), new HotSession(id, waiting)) is { } twin)
            {
                await _conversations.ForgetAsync(twin);
            }
        }
    }

    /// <summary>Says in the log how a turn ended, without what was said in it.</summary>
    public void LogEnd(TurnEvent end, string model, string? acquire) => LogEnded(
        _logger,
        model,
        end switch { TurnCompleted => "completed", TurnCancelled => "cancelled", TurnFailed failed => "failed, " + failed.Error.Kind, _ => "without a result" },
        acquire ?? "none",
        end is TurnCompleted { TimeToFirstToken: { } first } ? first.TotalMilliseconds : 0);

    public void Dispose() => _drained.Dispose();

    // A process that waits for results is of use to nobody who brings anything else.
    private async ValueTask<(string Id, HeldTurn? Held)> TakeAsync(string fingerprint, CompatibleRequest request)
    {
        if (_hot.TryTake(fingerprint) is { } hot)
        {
            if (hot.Held is null || request.AnswersCalls)
            {
                return (hot.Conversation, hot.Held);
            }

            await _conversations.ForgetAsync(hot.Conversation);
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Call on {Model} ended: {End}, process {Acquire}, first token after {TtftMs:0} ms")]
    private static partial void LogEnded(ILogger logger, string model, string end, string acquire, double ttftMs);
}
