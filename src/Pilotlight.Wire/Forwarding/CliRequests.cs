using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Pilotlight.Wire.Listening;
using Pilotlight.Wire.Processes;
using Yarp.ReverseProxy.Forwarder;

namespace Pilotlight.Wire.Forwarding;

/// <summary>Takes in what the CLI's processes ask, and hands it to the forwarder.</summary>
internal sealed partial class CliRequests(
    ProcessTable processes, CallFactory calls, IHttpForwarder forwarder, HttpMessageInvoker upstreams, TimeSpan silenceTimeout, ILogger logger)
{
    // Where the forwarder is told to send it; the handler behind it knows better.
    private const string Upstream = "http://upstream";

    private readonly CallTransformer _transformer = new();
    private readonly ForwarderRequestConfig _config = new()
    {
        ActivityTimeout = silenceTimeout,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    public async Task HandleAsync(HttpContext http)
    {
        // A probe asks whether somebody is there; the CLI sends it without a credential.
        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }

        if (!TryIdentify(http.Request, out var process))
        {
            LogUnknown(http.Request.Method);
            await WriteAsync(http, ApiError.UnknownToken);
            return;
        }

        var (method, path) = (http.Request.Method, http.Request.Path.Value ?? "/");
        if (!process.IsSignedIn && !Routes.IsOpen(method, path))
        {
            await WriteAsync(http, ApiError.NoRoute("relay", path));
            return;
        }

        var bytes = await ReadAsync(http.Request, http.RequestAborted);
        var (isMessage, purpose) = (Routes.IsMessage(method, path), RequestClass.Read(http.Request.Headers[RequestClass.Header]));
        if (process.Rehearsal is { } rehearsal && HttpMethods.IsPost(method))
        {
            var step = rehearsal.Take(purpose, isMessage, bytes);
            if (step.Body is null)
            {
                await (step.Events is { } events ? AnswerAsync(http, events) : WriteAsync(http, ApiError.NotAsRehearsed(step.Refusal!)));
                return;
            }

            bytes = step.Body.Value;
        }

        WireCall call;
        try
        {
            call = calls.OfProcess(process, isMessage, purpose, bytes);
        }
        catch (JsonException fault)
        {
            await WriteAsync(http, ApiError.BadParameters(fault.Message));
            return;
        }

        http.Features.Set(call);
        var error = await forwarder.SendAsync(http, Upstream, upstreams, _config, _transformer);
        if (error != ForwarderError.None && !http.RequestAborted.IsCancellationRequested)
        {
            LogForward(error, http.Features.Get<IForwarderErrorFeature>()?.Exception);
        }
    }

    // By the socket that it came over, which is the process's own; or by the token in the place of the key; or, where the process has a sign-in of its own in that place, by the first part of the path.
    private bool TryIdentify(HttpRequest request, [NotNullWhen(true)] out WireProcess? process)
    {
        process = request.HttpContext.Features.Get<WireProcess>();
        if (process is not null)
        {
            return true;
        }

        if (processes.TryFind(request.Headers["x-api-key"].ToString(), out process))
        {
            return !process.IsSignedIn;
        }

        var path = request.Path.Value ?? "";
        var end = path.Length > 1 ? path.IndexOf('/', 1) : -1;
        if (end < 0 || !processes.TryFind(path[1..end], out process))
        {
            return false;
        }

        request.Path = path[end..];
        return process.IsSignedIn;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is null or 0 && !request.Headers.TransferEncoding.Contains("chunked"))
        {
            return default;
        }

        var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, RelayServer.MaxBody));
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static async Task AnswerAsync(HttpContext http, byte[] events)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        await http.Response.Body.WriteAsync(events, http.RequestAborted);
    }

    private static async Task WriteAsync(HttpContext http, ApiError error)
    {
        http.Response.StatusCode = error.Status;
        http.Response.ContentType = "application/json";
        http.Response.Headers["x-should-retry"] = error.MayRetry ? "true" : "false";
        await http.Response.Body.WriteAsync(error.ToBytes(), http.RequestAborted);
    }

    [LoggerMessage(LogLevel.Warning, "Somebody asked the relay ({Method}) without a token that it knows; refused.")]
    private partial void LogUnknown(string method);

    [LoggerMessage(LogLevel.Debug, "A call was not forwarded to its end: {Error}")]
    private partial void LogForward(ForwarderError error, Exception? fault);

    private sealed class CallTransformer : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Options.Set(WireCall.Key, httpContext.Features.Get<WireCall>()!);
        }
    }
}
