using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.Telemetry;
using Pilotlight.Gateway.Turns;

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
    private readonly HotSessions _hot;
    private readonly TurnPlaces _places;
    private readonly GatewayTelemetry _telemetry;
    private readonly RelayOptions _relay;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _drained = new();
    private readonly CancellationToken _stopping;

    public CompatibleTurns(
        IClaudeConversations conversations,
        IAdmission admission,
        HotSessions hot,
        TurnPlaces places,
        GatewayTelemetry telemetry,
        IOptions<RelayOptions> relay,
        IHostApplicationLifetime lifetime,
        ILogger<CompatibleTurns> logger)
    {
        (_conversations, _admission, _hot, _places, _telemetry, _relay, _logger) =
            (conversations, admission, hot, places, telemetry, relay.Value, logger);
        _stopping = lifetime.ApplicationStopping;
        _stopping.Register(() => _drained.CancelAfter(_relay.DrainTimeout));
    }

    /// <summary>Runs one and yields what happens in it; the last event is its end. Sets the headers that say how it was served.</summary>
    /// <exception cref="ApiProblemException">It may not run, or there is no room for it; thrown before anything is yielded.</exception>
    public async IAsyncEnumerable<TurnEvent> RunAsync(
        HttpContext http, CompatibleRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_stopping.IsCancellationRequested)
        {
            throw ApiProblems.Stopping();
        }

        using var place = _places.Take();
        var caller = http.GetCaller();
        await using var admitted = await _admission.AdmitAsync(
            new TurnToAdmit(caller, request.Model, null, request.EstimateTokens()), cancellationToken);
        var name = NameOf(http);
        var id = _hot.TryTake(Fingerprint(request.History)) ?? "api-" + Guid.NewGuid().ToString("N");
        var conversation = new Conversation
        {
            Id = id,
            Model = request.Model,
            SystemPrompt = request.SystemPrompt,
            History = [.. request.History.Select(message => new HistoryMessage(message.Role, message.Text)
            {
                Content = message.Content.All(part => part is UserText) ? null : message.Content,
            })],
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _drained.Token);
        var limit = new OutputLimit(request.MaxTokens);
        var (isCut, isKept) = (false, false);
        var text = new StringBuilder();
        var facts = ResponseFacts.Of(http);
        facts.TurnBegins(request.Ignored);
        using var trace = TurnTrace.Begin(_telemetry, request.Api, request.Model, null, facts.Overhead);
        try
        {
            await foreach (var turnEvent in _conversations.RunTurnAsync(conversation, request.Content, stop.Token))
            {
                trace.Saw(turnEvent);
                switch (turnEvent)
                {
                    case TurnStarted started:
                        facts.Acquired(started.Source);
                        yield return started;
                        break;
                    case TextDelta delta when !isCut:
                        var passed = limit.Take(delta.Text);
                        text.Append(passed);
                        yield return delta with { Text = passed };
                        if (passed.Length < delta.Text.Length)
                        {
                            isCut = true;
                            await stop.CancelAsync();
                        }

                        break;
                    case TextReset when !isCut:
                        limit.Reset();
                        text.Clear();
                        yield return turnEvent;
                        break;
                    case TurnCompleted completed:
                        await admitted.SettleAsync(completed.Model, completed.Usage, completed.CostUsd);
                        isKept = !isCut;
                        if (isKept)
                        {
                            // Before the caller hears of the end: their next call may come at once.
                            await KeepAsync(completed.Text);
                        }

                        yield return isCut ? completed with { Text = text.ToString(), StopReason = "max_tokens" } : completed;
                        break;
                    case TurnCancelled cut when isCut:
                        await admitted.SettleAsync(request.Model, cut.Usage, cut.CostUsd);
                        yield return new TurnCompleted(text.ToString(), request.Model, cut.Usage, cut.CostUsd, "max_tokens", null, TimeSpan.Zero);
                        break;
                    case TurnCancelled cancelled:
                        await admitted.SettleAsync(request.Model, cancelled.Usage, cancelled.CostUsd);
                        yield return cancellationToken.IsCancellationRequested ? cancelled : Stopped(cancelled);
                        break;
                    case TurnFailed failed:
                        await admitted.SettleAsync(request.Model, failed.Usage, failed.CostUsd);
                        yield return failed;
                        break;
                    case not (TextDelta or TextReset):
                        yield return turnEvent;
                        break;
                }
            }
        }
        finally
        {
            if (!isKept)
            {
                // Nobody else can know what the process has seen.
                await _conversations.ForgetAsync(id);
            }
        }

        string Fingerprint(params IEnumerable<CompatibleMessage> messages) => name is null
            ? HistoryFingerprint.Exact(caller.KeyId, request, messages)
            : HistoryFingerprint.Named(caller.KeyId, name, request, messages);

        async ValueTask KeepAsync(string answer)
        {
            var all = request.History
                .Append(new CompatibleMessage(HistoryRole.User, request.Content))
                .Append(new CompatibleMessage(HistoryRole.Assistant, [new UserText(answer)]));
            if (_hot.Put(Fingerprint(all), id) is { } twin)
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

    private static TurnFailed Stopped(TurnCancelled cancelled) => new(
        new TurnError(TurnErrorKind.Overloaded, "The server stopped in the middle of the turn. Send the request again."),
        cancelled.PartialText, cancelled.Usage, cancelled.CostUsd);

    private static string? NameOf(HttpContext http)
    {
        var name = http.Request.Headers[ConversationHeader].ToString();
        return name.Length switch
        {
            0 => null,
            > MaxConversationName => throw ApiProblems.Invalid($"{ConversationHeader} has {name.Length} characters; at most {MaxConversationName} are taken."),
            _ => name,
        };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Call on {Model} ended: {End}, process {Acquire}, first token after {TtftMs:0} ms")]
    private static partial void LogEnded(ILogger logger, string model, string end, string acquire, double ttftMs);
}
