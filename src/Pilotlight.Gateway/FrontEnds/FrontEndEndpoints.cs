using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.FrontEnds;

/// <summary><c>/api/threads/{id}/agui</c> and <c>/ui</c>: a thread's turns in the protocols of front ends.</summary>
internal static class FrontEndEndpoints
{
    private const string EventStreamType = "text/event-stream";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/threads/{id}").WithTags("Front ends");
        group.MapPost("/agui", AgUiAsync).WithName("RunAgUi").WithSummary("A turn as a run of AG-UI 1.0.")
            .WithDescription("The same runId again joins or replays its run; a Last-Event-ID header leaves out what the client has.")
            .Produces<string>(StatusCodes.Status200OK, EventStreamType).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/ui", UiAsync).WithName("ChatUi").WithSummary("A turn as the AI SDK's UI message stream.")
            .Produces<string>(StatusCodes.Status200OK, EventStreamType).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/ui", ResumeUiAsync).WithName("ResumeUi").WithSummary("The UI message stream of the thread's running turn, from its beginning; 204 when none runs.")
            .Produces<string>(StatusCodes.Status200OK, EventStreamType).Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task AgUiAsync(string id, HttpContext http, TurnService turns, ThreadForks threads, IOptions<StreamOptions> streams, TimeProvider time)
    {
        using var body = await JsonBody.ReadAsync(http);
        var (request, after) = (AgUiRequest.Read(body.Root), WordedStream.After(http.Request));
        var key = "agui:" + request.RunId;
        if (await turns.FindByKeyAsync(http.GetCaller(), id, key, http.RequestAborted) is not { } turn)
        {
            var said = await threads.ReadAsync(http.GetCaller(), id, null, http.RequestAborted);
            var asked = said.UpTo.Awaited is { Count: > 0 } ? said.UpTo.Turns[^1].Messages[^1] : null;
            var prompt = request.ToPrompt(asked is null ? null : new CompatibleMessage(asked.Role, [new Claude.Conversations.UserText(asked.Text)]) { Calls = asked.Calls! });
            (turn, var live, _) = await turns.BeginAsync(
                http.GetCaller(), id, prompt.Text, key, CancellationToken.None, ResponseFacts.Of(http).ArrivedAt, prompt: prompt);
            RateHeaders.Write(http.Response.Headers, live?.Lease.Rate);
        }

        var words = new AgUiWords(id, request.RunId, turn.AnswerMessageId, request.Functions.Select(function => function.Name).ToHashSet(StringComparer.Ordinal));
        await StreamAsync(http, turns, turn, words, after, streams.Value, time);
    }

    private static async Task UiAsync(
        string id, HttpContext http, TurnService turns, ThreadForks threads, IOptions<StreamOptions> streams, TimeProvider time)
    {
        using var body = await JsonBody.ReadAsync(http);
        var (request, after) = (UiRequest.Read(body.Root), WordedStream.After(http.Request));

        // An answer that is made anew is a new turn for the same message.
        string? replaced = null;
        if (request.IsAgain)
        {
            replaced = (await threads.ReadAsync(http.GetCaller(), id, null, http.RequestAborted)).UpTo.Turns is [.., var last] ? last.Id : null;
        }

        var prompt = request.ToPrompt();
        var (turn, live, _) = await turns.BeginAsync(
            http.GetCaller(),
            id,
            prompt?.Text ?? string.Concat(request.Content.OfType<Claude.Conversations.UserText>().Select(part => part.Text)),
            request.MessageId.Length == 0 || request.IsAgain ? null : "ui:" + request.MessageId,
            CancellationToken.None,
            ResponseFacts.Of(http).ArrivedAt,
            replaced,
            prompt);
        RateHeaders.Write(http.Response.Headers, live?.Lease.Rate);
        await StreamUiAsync(http, turns, turn, after, streams.Value, time);
    }

    private static async Task ResumeUiAsync(string id, HttpContext http, TurnService turns, ThreadForks threads, IOptions<StreamOptions> streams, TimeProvider time)
    {
        await threads.ReadAsync(http.GetCaller(), id, null, http.RequestAborted);
        if (await turns.FindRunningAsync(id, http.RequestAborted) is not { } turn)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await StreamUiAsync(http, turns, turn, WordedStream.After(http.Request), streams.Value, time);
    }

    private static Task StreamUiAsync(HttpContext http, TurnService turns, Turn turn, long after, StreamOptions options, TimeProvider time)
    {
        http.Response.Headers["x-vercel-ai-ui-message-stream"] = "v1";
        return StreamAsync(http, turns, turn, new UiWords(turn.AnswerMessageId), after, options, time);
    }

    private static Task StreamAsync(HttpContext http, TurnService turns, Turn turn, ITurnWords words, long after, StreamOptions options, TimeProvider time)
    {
        http.Response.Headers["x-pilotlight-turn"] = turn.Id;
        return new WordedStream(http, options, time).WriteAsync(turns.ReadEventsAsync(turn.Id, 0, http.RequestAborted), words, after, begun: () =>
        {
            if (turns.FindLive(turn.Id) is { } live)
            {
                ResponseFacts.Write(http.Response.Headers, live);
            }
        });
    }
}
