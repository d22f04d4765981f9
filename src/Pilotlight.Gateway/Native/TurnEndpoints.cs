using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Native;

/// <summary>A new turn, as it is asked for.</summary>
/// <param name="Text">What the user says; may be left out where files say it all.</param>
/// <param name="Attachments">Files that the message brings: images (PNG, JPEG, GIF, WebP), PDF and text, with their bytes or by the id of one that was sent before; null for none.</param>
/// <param name="MaxCostUsd">Most that an agent's turn may cost in US dollars, by the CLI's estimate; where its profile has a limit too, the lower holds. Null for none.</param>
public sealed record NewTurn(string? Text, IReadOnlyList<NewAttachment>? Attachments = null, decimal? MaxCostUsd = null);

/// <summary><c>/api/threads/{id}/turns</c> and what makes ready for them.</summary>
internal static class TurnEndpoints
{
    private const int MaxIdempotencyKey = 200;

    private const string EventStreamType = "text/event-stream";

    private const string EventsDescription =
        "Server-sent events, each with an id that counts up within the turn: turn.started {turnId, messageId, acquire: {source, ms}}, text.delta {text}, "
        + "text.reset {} (what was streamed is void), thinking.delta {text}, tool.started {id, name, input}, tool.finished {id, isError, summary, result}, "
        + "approval.requested {approvalId, tool, input, title, expiresAt}, question.asked {approvalId, questions, expiresAt}, approval.resolved {approvalId, decision, by}, "
        + "task.updated {taskId, status, kind, toolUseId, agent, description, background, summary, lastTool, parentTaskId, tokens, toolUses, durationMs} (what is left out is as before), retrying {attempt, maxAttempts, delayMs, status}, "
        + "context.truncated {droppedTurns}, and at the end exactly one of turn.completed {messageId, model, usage, costUsd, ttftMs, durationMs}, "
        + "turn.failed {problem} and turn.cancelled {}. The turn is the server's: it goes on when the client leaves.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/threads/{id}").WithTags("Turns");
        group.MapPost("/turns", BeginAsync).WithName("BeginTurn").WithSummary("Says something and streams what happens.")
            .WithDescription(EventsDescription + " An Idempotency-Key header makes a retry safe: it joins or replays the first one's turn.")
            .Produces<string>(StatusCodes.Status200OK, EventStreamType)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/turns/{turnId}/events", EventsAsync).WithName("FollowTurn").WithSummary("Joins a running turn, or replays one that has ended.")
            .WithDescription(EventsDescription + " With a Last-Event-ID header it begins after that event.")
            .Produces<string>(StatusCodes.Status200OK, EventStreamType)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/turns/{turnId}/cancel", CancelAsync).WithName("CancelTurn").WithSummary("Asks a turn to stop; its stream tells the end.")
            .Produces(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/turns/{turnId}/rewind", RewindAsync).WithName("RewindFiles").WithSummary("Brings files back to what they were when a turn began, as far as an agent's own tools changed them.")
            .WithDescription("For profiles with Checkpoints, for as long as the thread's process lives. With ?trial=true it only says what would be changed. What was said stays.")
            .Produces<FileRewind>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/warm", WarmAsync).WithName("WarmThread").WithSummary("Begins to make a process ready for the thread's next turn, its history replayed.")
            .Produces(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapPost("/api/warm", Expect).WithTags("Turns").WithName("Expect").WithSummary("Says that a thread is about to begin: a process is kept parked for it.")
            .WithDescription("For clients that have just connected, once for each. Whoever begins a turn next is taken for who was expected; who does not come is forgotten after a minute.")
            .Produces(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task BeginAsync(
        string id, NewTurn request, HttpContext http, TurnService turns, ThreadAttachments attachments, IOptions<StreamOptions> relay, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(request.Text) && request.Attachments is not { Count: > 0 })
        {
            throw RequestProblems.Invalid("text is empty; say something.");
        }

        string? key = http.Request.Headers["Idempotency-Key"];
        if (key is { Length: > MaxIdempotencyKey })
        {
            throw RequestProblems.Invalid($"Idempotency-Key has {key.Length} characters; at most {MaxIdempotencyKey} are taken.");
        }

        var text = request.Text ?? "";
        var prompt = Limit(await attachments.ReadPromptAsync(http.GetCaller(), id, text, request.Attachments, http.RequestAborted), text, request.MaxCostUsd);

        // From here on the turn is the server's: the client's leaving must not undo it half way.
        var begun = await turns.BeginAsync(
            http.GetCaller(), id, text, string.IsNullOrEmpty(key) ? null : key, CancellationToken.None, ResponseFacts.Of(http).ArrivedAt, prompt: prompt);
        var (turn, live, isReplay) = begun;
        ResponseFacts.Of(http).Node = begun.Node;
        RateHeaders.Write(http.Response.Headers, live?.Lease.Rate);
        if (isReplay)
        {
            http.Response.Headers["x-pilotlight-replayed"] = "true";
        }

        await StreamAsync(http, turns, turn, live, 0, relay.Value, time);
    }

    private static Prompt? Limit(Prompt? prompt, string text, decimal? mostUsd) => mostUsd switch
    {
        null => prompt,
        <= 0 => throw RequestProblems.Parameter("maxCostUsd", $"maxCostUsd is {mostUsd}; it must be more than 0, or left out."),
        _ => (prompt ?? new Prompt { Content = [new UserText(text)] }) with { MaxCostUsd = mostUsd },
    };

    private static async Task EventsAsync(
        string id,
        string turnId,
        HttpContext http,
        TurnService turns,
        ThreadService threads,
        IOptions<StreamOptions> relay,
        TimeProvider time)
    {
        await threads.RequireAsync(http.GetCaller(), id, http.RequestAborted);
        var turn = await turns.RequireAsync(id, turnId, http.RequestAborted);
        var after = 0L;
        if (http.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last
            && (!long.TryParse(last, System.Globalization.CultureInfo.InvariantCulture, out after) || after < 0))
        {
            throw RequestProblems.Invalid($"Last-Event-ID is '{last}'; it must be the id of an event, a whole number.");
        }

        await StreamAsync(http, turns, turn, null, after, relay.Value, time);
    }

    private static async Task<IResult> CancelAsync(
        string id, string turnId, HttpContext http, ThreadService threads, TurnService turns, CancellationToken cancellationToken)
    {
        await threads.RequireAsync(http.GetCaller(), id, cancellationToken);
        var turn = await turns.RequireAsync(id, turnId, cancellationToken);
        await turns.CancelAsync(turn.Id);
        return TypedResults.Accepted((string?)null);
    }

    private static Task<FileRewind> RewindAsync(
        string id, string turnId, HttpContext http, FileRewinds rewinds, CancellationToken cancellationToken, bool trial = false) =>
        rewinds.RewindAsync(http.GetCaller(), id, turnId, trial, cancellationToken);

    private static async Task<IResult> WarmAsync(
        string id, HttpContext http, ThreadService threads, WarmUps warmUps, CancellationToken cancellationToken)
    {
        var caller = http.GetCaller();
        warmUps.Begin(caller, await threads.RequireAsync(caller, id, cancellationToken));
        return TypedResults.Accepted((string?)null);
    }

    private static Accepted Expect(HttpContext http, WarmUps warmUps, string? profile = null)
    {
        warmUps.Expect(http.GetCaller(), profile);
        return TypedResults.Accepted((string?)null);
    }

    private static async Task StreamAsync(
        HttpContext http, TurnService turns, Turn turn, LiveTurn? live, long after, StreamOptions relay, TimeProvider time)
    {
        var source = turns.ReadEventsAsync(turn.Id, after, http.RequestAborted, live);
        await using var events = source.GetAsyncEnumerator(http.RequestAborted);
        bool any;
        try
        {
            // The first event says how warm the turn is, which the headers repeat.
            any = await events.MoveNextAsync();
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var headers = http.Response.Headers;
        headers["x-pilotlight-turn"] = turn.Id;
        if (live is not null)
        {
            ResponseFacts.Write(headers, live);
        }
        else if (ResponseFacts.Of(http).Node is not null && any)
        {
            ResponseFacts.WriteSource(headers, TurnEventJson.SourceOf(events.Current));
        }

        var stream = new EventStream(http, relay, time);
        stream.Begin();
        await stream.WriteAsync(events, any);
    }
}
