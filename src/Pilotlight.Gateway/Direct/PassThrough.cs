using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Wire;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Gateway.Direct;

/// <summary>Passes calls of Anthropic's API to the API and back as they are, with our keys, budgets and booking. Safe for concurrent use.</summary>
internal sealed class PassThrough(CallTurns calls, DirectRoute route)
{
    /// <summary>Passes a call for a message.</summary>
    /// <exception cref="ProblemException">It may not run, or there is no room for it.</exception>
    public async Task RunAsync(HttpContext http, string path, JsonBody body, string model)
    {
        var facts = ResponseFacts.Of(http);
        var turn = await calls.AdmitAsync(new TurnToAdmit(http.GetCaller(), model, null, body.Bytes.Length / CallBudget.BytesOfToken), facts.ArrivedAt);
        facts.TurnBegins([]);
        facts.Limited(turn, LimitWords.Anthropic);
        var passed = new PassedTurn(route.Relay!, Call(http, path, body, model), model, calls.LedgerOf(turn));
        calls.Run(turn, new TurnWork("anthropic", model, passed), passed);
        try
        {
            await WriteAsync(http, await passed.Head.WaitAsync(http.RequestAborted), passed.ReadAsync(http.RequestAborted));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to hear of it.
        }
        catch (OperationCanceledException)
        {
            throw TurnProblems.Stopping();
        }
        finally
        {
            await turn.CancelAsync();
        }
    }

    /// <summary>Passes a call that costs nothing, and returns false when the API has no answer to it.</summary>
    public async Task<bool> TryAskAsync(HttpContext http, string path, JsonBody body, string model)
    {
        using var answer = await route.Relay!.SendAsync(Call(http, path, body, model), http.RequestAborted);
        if (answer.Status is < 200 or >= 300)
        {
            return false;
        }

        ResponseFacts.Of(http).Routed(DirectRoute.Name, () => answer.Upstream);
        http.Response.ContentType = WholeAnswer.Json;
        await answer.Body.CopyToAsync(http.Response.Body, http.RequestAborted);
        return true;
    }

    private DirectCall Call(HttpContext http, string path, JsonBody body, string model) => new()
    {
        Path = path,
        Body = body.Bytes,
        Headers = http.Request.Headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToString())),
        Turn = new WireTurn { Parameters = Renamed(model) },
    };

    // The API knows no aliases; all else of the body stays as it came.
    private CallParameters Renamed(string model) => route.FullName(model) is { } full && full != model
        ? new CallParameters { Extra = new Dictionary<string, System.Text.Json.JsonElement> { ["model"] = System.Text.Json.JsonSerializer.SerializeToElement(full, DirectJson.Default.String) } }
        : CallParameters.None;

    private static async Task WriteAsync(HttpContext http, AnswerHead head, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        ResponseFacts.Of(http).Routed(DirectRoute.Name, () => head.Upstream);
        http.Response.StatusCode = head.Status;
        foreach (var (name, values) in head.Headers)
        {
            http.Response.Headers[name] = values;
        }

        RetryHeaders.Complete(http.Response.Headers);
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await http.Response.StartAsync(http.RequestAborted);
        await foreach (var piece in pieces)
        {
            await http.Response.BodyWriter.WriteAsync(piece, http.RequestAborted);
        }
    }
}
