using System.Text.Json;
using Microsoft.Extensions.Logging;
using Pilotlight.Wire.Bodies;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Protocols;
using Pilotlight.Wire.Telemetry;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Forwarding;

/// <summary>Takes a request to an upstream that answers it: asks the budget, tries one after the other, reads along.</summary>
/// <remarks>
/// Both ways into the relay end here, as the handler of an <see cref="HttpMessageInvoker"/>: the CLI's through the forwarder, and the
/// direct one. Never fails but by cancellation; what goes wrong becomes an answer that says so.
/// </remarks>
internal sealed partial class UpstreamHandler(
    Func<UpstreamSet> upstreams, HttpMessageInvoker network, WireMetrics metrics, TimeProvider time, ILogger logger) : HttpMessageHandler
{
    // An answer's first bytes tell what it is billed for, whether or not somebody is left to read it: so long they are waited for.
    private static readonly TimeSpan LongestAfterLeaving = TimeSpan.FromSeconds(1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(WireCall.Key, out var call))
        {
            throw new InvalidOperationException("A request without a call cannot be sent.");
        }

        var progress = call.Info is null ? null : new CallProgress(call, metrics, time, logger);
        try
        {
            if (progress is not null && await AskBudgetAsync(call, progress, cancellationToken) is { } refusal)
            {
                return refusal;
            }

            return await AskUpstreamsAsync(request, call, progress, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            progress?.Leave();
            throw;
        }
        catch (Exception fault)
        {
            progress?.Break(fault);
            throw;
        }
    }

    private async Task<HttpResponseMessage?> AskBudgetAsync(WireCall call, CallProgress progress, CancellationToken cancellationToken)
    {
        CallAllowance allowance;
        try
        {
            allowance = call.Budget is { } budget ? await budget.AskAsync(progress.Info, cancellationToken) : CallAllowance.Unbounded;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogBudget(fault);
            allowance = CallAllowance.Refuse("The budget could not be asked; no call is made without it. Try again.");
        }

        if (allowance.Refusal is { } reason)
        {
            var error = ApiError.Refused(reason);
            progress.Refuse(error);
            return error.ToResponse();
        }

        progress.Started();
        if (!call.IsSignedIn && call.Body.Members is { } members)
        {
            OutputBound.Apply(members, progress.Info.MaxTokens, allowance);
        }

        return null;
    }

    private async Task<HttpResponseMessage> AskUpstreamsAsync(
        HttpRequestMessage request, WireCall call, CallProgress? progress, CancellationToken cancellationToken)
    {
        var candidates = upstreams().For(call.Model, call.IsSignedIn);
        if (candidates.Count == 0)
        {
            return Give(ApiError.NoUpstream(call.Model), progress);
        }

        var headers = ForwardedHeaders.Of(request, call);
        for (var i = 0; ; i++)
        {
            var (upstream, next) = (candidates[i], i + 1 < candidates.Count ? candidates[i + 1] : null);
            progress?.Asking(i + 1);
            var (answer, error, fault) = await AskAsync(upstream, request, headers, call, cancellationToken);
            if (fault is null || next is null)
            {
                return error is null ? Pass(upstream, answer!, call, progress, cancellationToken) : Give(error, progress);
            }

            answer?.Dispose();
            cancellationToken.ThrowIfCancellationRequested(); // Nobody is left to ask another one for.
            LogNext(upstream.Name, fault, next.Name);
            progress?.Retrying(new CallRetry(i + 1, upstream.Name, answer?.Status, fault, next.Name));
        }
    }

    // An answer or an error, and a fault when another upstream had better be asked.
    private async Task<(UpstreamAnswer? Answer, ApiError? Error, string? Fault)> AskAsync(
        Upstream upstream,
        HttpRequestMessage request,
        IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> headers,
        WireCall call,
        CancellationToken cancellationToken)
    {
        HttpRequestMessage? outgoing;
        try
        {
            outgoing = await upstream.Protocol.CreateAsync(Describe(upstream, request, headers, call), cancellationToken);
        }
        catch (JsonException)
        {
            return (null, ApiError.NotJson, null);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreached(upstream, ConnectionFault.DescribeUnasked(upstream, fault));
        }

        if (outgoing is null)
        {
            return (null, ApiError.NoRoute(upstream.Name, request.RequestUri!.AbsolutePath), "it has no such route.");
        }

        try
        {
            using var patience = new CancellationTokenSource();
            await using var leaving = cancellationToken.Register(() => patience.CancelAfter(LongestAfterLeaving));
            var response = await network.SendAsync(outgoing, patience.Token);
            return Judge(upstream, await UpstreamAnswer.ReadAsync(upstream, response, call.Info is not null, patience.Token), call);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreached(upstream, ConnectionFault.Describe(upstream, fault));
        }
    }

    private static UpstreamRequest Describe(
        Upstream upstream, HttpRequestMessage request, IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> headers, WireCall call)
    {
        var model = upstream.Models.NameOf(call.Model) ?? call.Model;
        return new(request.Method, request.RequestUri!.PathAndQuery, headers, call.Body.ToBytes(model), model, call.Body.IsStreaming, call.IsOfCli);
    }

    private (UpstreamAnswer? Answer, ApiError? Error, string? Fault) Unreached(Upstream upstream, string problem)
    {
        var error = ApiError.Unreachable(problem, upstream.HasAnswered);
        upstream.Unreached(problem);
        upstream.Breaker.Fail(null, null);
        LogUnreached(problem);
        return (null, error, problem);
    }

    private (UpstreamAnswer? Answer, ApiError? Error, string? Fault) Judge(Upstream upstream, UpstreamAnswer answer, WireCall call)
    {
        var fault = answer.Fault();
        if (answer.Status != 407)
        {
            upstream.Reached();
        }

        if (fault is null)
        {
            upstream.Breaker.Succeed(call.Model);
        }
        else
        {
            upstream.Breaker.Fail(answer.IsAboutModel ? call.Model : null, RetryAfter.Read(answer.Response.Headers, time.GetUtcNow()));
        }

        if (answer.Status == 407)
        {
            answer.Dispose();
            var problem = $"The upstream '{upstream.Name}' at {upstream.Protocol.Address} could not be reached: {ConnectionFault.ProxyRefused()}";
            upstream.Unreached(problem);
            return (null, ApiError.Unreachable(problem, hasWorked: false), fault);
        }

        if (call.Info is not null && !answer.IsTheApi)
        {
            answer.Dispose();
            return (null, ApiError.NotTheApi(upstream.Name, upstream.Protocol.Address, answer.Status), fault);
        }

        return (answer, null, fault);
    }

    private HttpResponseMessage Pass(
        Upstream upstream, UpstreamAnswer answer, WireCall call, CallProgress? progress, CancellationToken cancellationToken)
    {
        var wait = answer.Status < 400 ? null : RetryAfter.Read(answer.Response.Headers, time.GetUtcNow());
        progress?.Answered(upstream, answer.Status, answer.IsEvents, RequestId(answer.Response), wait, LimitHeaders.Read(answer.Response.Headers));
        var response = answer.Release(progress, call.EndsAtMaxTokens);
        if (cancellationToken.IsCancellationRequested)
        {
            response.Dispose();
            throw new OperationCanceledException(cancellationToken);
        }

        response.Headers.TryAddWithoutValidation(RelayHeaders.Upstream, upstream.Name);
        return response;
    }

    private static HttpResponseMessage Give(ApiError error, CallProgress? progress)
    {
        progress?.Fail(error);
        return error.ToResponse();
    }

    private static string? RequestId(HttpResponseMessage response) =>
        response.Headers.TryGetValues("request-id", out var values) ? values.FirstOrDefault() : null;

    [LoggerMessage(LogLevel.Warning, "The upstream '{Upstream}' did not serve a call, '{Next}' is asked: {Fault}")]
    private partial void LogNext(string upstream, string fault, string next);

    [LoggerMessage(LogLevel.Warning, "{Problem}")]
    private partial void LogUnreached(string problem);

    [LoggerMessage(LogLevel.Error, "A budget failed when it was asked; the call was refused.")]
    private partial void LogBudget(Exception fault);
}
