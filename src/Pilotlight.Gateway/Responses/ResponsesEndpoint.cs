using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Responses;

/// <summary><c>/v1/responses</c>: OpenAI's API of responses, on the turns of threads.</summary>
internal static class ResponsesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/responses", CreateAsync).DescribeCall("OpenAI", "CreateResponse", "Answers, and keeps the answer, as OpenAI's Responses API does.",
            "A response is a turn of a thread: it goes on when its client leaves, and can be asked for, resumed, cancelled and deleted. "
            + "previous_response_id goes on with its thread, conversation names one; with store: false nothing is kept.");
        routes.MapGet("/v1/responses/{id}", GetAsync).WithTags("OpenAI").WithName("GetResponse").WithSummary("A response as it is now; with stream=true its events, after starting_after.");
        routes.MapDelete("/v1/responses/{id}", DeleteAsync).WithTags("OpenAI").WithName("DeleteResponse").WithSummary("Deletes a response.");
        routes.MapPost("/v1/responses/{id}/cancel", CancelAsync).WithTags("OpenAI").WithName("CancelResponse").WithSummary("Stops a response.");
        routes.MapGet("/v1/responses/{id}/input_items", InputAsync).WithTags("OpenAI").WithName("ListInputItems").WithSummary("What a response was asked.");
    }

    private static async Task CreateAsync(
        HttpContext http, ResponseTurns responses, StatelessResponses stateless, TurnService turns, IOptions<StreamOptions> streams, TimeProvider time)
    {
        using var body = await JsonBody.ReadAsync(http);
        var root = CallBody.Object(body.Root);
        var call = ResponseCall.Read(root);
        if (!call.Store)
        {
            await stateless.RunAsync(http, await responses.ReadWholeAsync(http.GetCaller(), call, root, http.RequestAborted), call.Echo);
            return;
        }

        var (turn, live, reading) = await responses.BeginAsync(http, call, root);
        var writer = new ResponseWriter(http, reading, streams.Value, time);
        if (call.Stream)
        {
            await writer.StreamAsync(Events(), after: -1, begun: TellFacts);
        }
        else if (call.Background)
        {
            await ResponseWriter.WriteAsync(http, reading.Story.Body);
        }
        else
        {
            await writer.WriteWholeAsync(Events(), begun: TellFacts);
        }

        IAsyncEnumerable<StoredEvent> Events() => turns.ReadEventsAsync(turn.Id, 0, http.RequestAborted, live);

        void TellFacts()
        {
            if (live is not null)
            {
                ResponseFacts.Write(http.Response.Headers, live);
            }
        }
    }

    private static async Task GetAsync(
        string id, HttpContext http, StoredResponses responses, IOptions<StreamOptions> streams, TimeProvider time, string? stream = null, string? starting_after = null)
    {
        var caller = http.GetCaller();
        var (turn, prompt) = await responses.RequireAsync(caller, id, http.RequestAborted);
        var after = After(starting_after);
        if (stream is not ("true" or "1"))
        {
            await ResponseWriter.WriteAsync(http, (await responses.LookAsync(caller, turn, prompt, http.RequestAborted)).Story.Body);
            return;
        }

        await new ResponseWriter(http, StoredResponses.Read(turn, prompt), streams.Value, time)
            .StreamAsync(responses.FollowAsync(caller, turn, http.RequestAborted), after, begun: () => { });
    }

    private static async Task CancelAsync(string id, HttpContext http, StoredResponses responses) =>
        await ResponseWriter.WriteAsync(http, (await responses.CancelAsync(http.GetCaller(), id)).Story.Body);

    private static async Task<IResult> DeleteAsync(string id, HttpContext http, StoredResponses responses)
    {
        await responses.DeleteAsync(http.GetCaller(), id);
        return Results.Json(new DeletedResponse(id, "response", true), ResponseJsonContext.Default.DeletedResponse);
    }

    private static async Task<IResult> InputAsync(
        string id, HttpContext http, StoredResponses responses, string? after = null, string? order = null, int limit = 20)
    {
        var (turn, prompt) = await responses.RequireAsync(http.GetCaller(), id, http.RequestAborted);
        var items = InputItems.Of(turn, prompt);
        JsonObject[] ordered = [.. order == "asc" ? items : items.Reverse()];
        JsonObject[] rest = after is null ? ordered : [.. ordered.SkipWhile(item => (string?)item["id"] != after).Skip(1)];
        JsonObject[] page = [.. rest.Take(Math.Clamp(limit, 1, 100))];
        return Results.Json(
            new InputItemList("list", page, (string?)page.FirstOrDefault()?["id"], (string?)page.LastOrDefault()?["id"], rest.Length > page.Length),
            ResponseJsonContext.Default.InputItemList);
    }

    private static int After(string? text) => text is null ? -1
        : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= -1 ? number
        : throw RequestProblems.Parameter("starting_after", $"starting_after is '{CallBody.Short(text)}'; it must be the sequence_number of an event.");
}
