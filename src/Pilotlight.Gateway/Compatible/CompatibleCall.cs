using Microsoft.AspNetCore.Http;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Compatible;

/// <summary>How one API words a turn: pieces of its event stream, and the whole of an answer.</summary>
internal interface ICompatibleAnswer
{
    /// <summary>What keeps an idle stream open.</summary>
    string Ping { get; }

    /// <summary>What stands before the first piece.</summary>
    string Start();

    /// <summary>More text.</summary>
    string Text(string text);

    /// <summary>More of what the model thinks, or the end of it; empty where the caller is not told.</summary>
    string Thinking(ThinkingDelta delta);

    /// <summary>A call of one of the caller's functions.</summary>
    string Call(ToolStarted call);

    /// <summary>The good end.</summary>
    string End(TurnCompleted completed);

    /// <summary>The bad end of a stream that has begun.</summary>
    string Fault(Problem problem);

    /// <summary>The bad end of an answer that is not streamed, when its status was told already.</summary>
    string WholeFault(Problem problem);

    /// <summary>The answer that is not streamed.</summary>
    Task WriteWholeAsync(HttpContext http, TurnCompleted completed, IReadOnlyList<ThinkingDelta> thinking, IReadOnlyList<ToolStarted> calls);
}

/// <summary>Carries one call of a compatible API: reads it, runs its turn, writes what comes of it.</summary>
internal static class CompatibleCall
{
    /// <summary>Largest body, images included.</summary>
    public const int MaxBodyBytes = 32 * 1024 * 1024;

    // Until then a turn that fails is a plain HTTP error; after it the stream begins, so that nobody on the way gives up.
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(
        HttpContext http, ICallTurn turn, CompatibleRequest request, ICompatibleAnswer answer, StreamOptions options, TimeSpan? keepAlive, TimeProvider time)
    {
        try
        {
            await using var events = turn.ReadAsync(http.RequestAborted).GetAsyncEnumerator(CancellationToken.None);
            await (request.Stream ? StreamAsync(http, events, answer, options, time) : WholeAsync(http, events, answer, keepAlive, options, time));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to hear of it.
        }
        finally
        {
            // Whoever has left: what was used is booked by the turn's own end. One that has ended hears nothing of this.
            await turn.CancelAsync();
        }
    }

    private static async Task WholeAsync(
        HttpContext http, IAsyncEnumerator<TurnEvent> events, ICompatibleAnswer answer, TimeSpan? keepAlive, StreamOptions options, TimeProvider time)
    {
        var (thinking, calls) = (new List<ThinkingDelta>(), new List<ToolStarted>());
        var writer = new DeadlineWriter(http, options.WriteDeadline, time);
        await foreach (var turnEvent in Heartbeat.Between(events, keepAlive ?? Timeout.InfiniteTimeSpan, time, http.RequestAborted))
        {
            switch (turnEvent)
            {
                case null:
                    // JSON may begin with spaces; from the first one on the status is told.
                    http.Response.ContentType ??= WholeAnswer.Json;
                    await writer.SendAsync(" ");
                    break;
                case ThinkingDelta delta:
                    thinking.Add(delta);
                    break;
                case ToolStarted call:
                    calls.Add(call);
                    break;
                case TurnStarted started:
                    ResponseFacts.Of(http).Acquired(started.Source);
                    break;
                case TurnCompleted completed:
                    await answer.WriteWholeAsync(http, completed, thinking, calls);
                    return;
                case TurnFailed failed when http.Response.HasStarted:
                    await writer.SendAsync(answer.WholeFault(TurnProblems.From(failed.Error)));
                    return;
                case TurnFailed failed:
                    throw Problem(failed);
                case TurnCancelled:
                    return;
            }
        }

        throw Problem(NoEnd);
    }

    private static async Task StreamAsync(
        HttpContext http, IAsyncEnumerator<TurnEvent> events, ICompatibleAnswer answer, StreamOptions options, TimeProvider time)
    {
        var writer = new DeadlineWriter(http, options.WriteDeadline, time);
        var (hasBegun, hasSent) = (false, false);
        var silence = options.Heartbeat < s_longestSilence ? options.Heartbeat : s_longestSilence;
        await foreach (var turnEvent in Heartbeat.Between(events, silence, time, http.RequestAborted))
        {
            switch (turnEvent)
            {
                case null:
                    await SendAsync(answer.Ping);
                    break;
                case TurnStarted started:
                    ResponseFacts.Of(http).Acquired(started.Source);
                    break;
                case TextDelta { Text.Length: > 0 } delta:
                    await SendAsync(answer.Text(delta.Text));
                    hasSent = true;
                    break;
                case ThinkingDelta delta when answer.Thinking(delta) is { Length: > 0 } piece:
                    await SendAsync(piece);
                    break;
                case TextReset when hasSent:
                    // These APIs have no way to take back what was streamed; half an answer twice would be told as success.
                    await SendAsync(answer.Fault(TurnProblems.From(new TurnError(
                        TurnErrorKind.Api, "The API broke off in the middle of the answer and began anew, and what was streamed cannot be taken back. Ask again."))));
                    return;
                case ToolStarted call:
                    await SendAsync(answer.Call(call));
                    break;
                case TurnCompleted completed:
                    await SendAsync(answer.End(completed));
                    return;
                case TurnFailed failed when !hasBegun:
                    throw Problem(failed);
                case TurnFailed failed:
                    await SendAsync(answer.Fault(TurnProblems.From(failed.Error)));
                    return;
                case TurnCancelled:
                    return;
            }
        }

        if (!hasBegun)
        {
            throw Problem(NoEnd);
        }

        await SendAsync(answer.Fault(TurnProblems.From(NoEnd.Error)));

        async ValueTask SendAsync(string piece)
        {
            if (!hasBegun)
            {
                writer.Begin();
                piece = answer.Start() + piece;
                hasBegun = true;
            }

            await writer.SendAsync(piece);
        }
    }

    // Without its last event nobody knows what became of a turn, so it is no success.
    private static TurnFailed NoEnd { get; } = new(
        new TurnError(TurnErrorKind.Unknown, "The turn ended without a result. Send the request again."), "", TurnUsage.None, null);

    private static ProblemException Problem(TurnFailed failed) => new(TurnProblems.From(failed.Error));
}
