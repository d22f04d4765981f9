using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using Pilotlight.Client.Problems;

namespace Pilotlight.Client.Http;

/// <summary>Requests to one gateway; what it refuses, and that it does not answer, is a <see cref="PilotlightException"/>.</summary>
internal sealed class GatewayHttp(HttpClient http, TimeSpan timeout) : IDisposable
{
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), type, cancellationToken).ConfigureAwait(false);

    public Task<T> SendAsync<TBody, T>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, bodyType) }, type, cancellationToken);

    /// <summary>Sends something whose answer has nothing to read.</summary>
    public async Task SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using var request = new HttpRequestMessage(method, path);
        using var response = await OpenAsync(request, limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends, and returns once the response's headers are there; its body has no limit in time.</summary>
    public Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        OpenAsync(request, cancellationToken, cancellationToken);

    public void Dispose() => http.Dispose();

    private async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using (request)
        {
            using var response = await OpenAsync(request, limit.Token, cancellationToken).ConfigureAwait(false);
            return await response.Content.ReadFromJsonAsync(type, limit.Token).ConfigureAwait(false)
                ?? throw new PilotlightException(new GatewayProblem("", "The answer is empty", $"{request.RequestUri} answered nothing."));
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken limited, CancellationToken cancellationToken)
    {
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw await ProblemReader.ReadAsync(response, limited).ConfigureAwait(false);
            }
        }
        catch (HttpRequestException fault)
        {
            throw Unreachable(fault.Message, fault);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable($"no answer came within {timeout.TotalSeconds:0} s.", late);
        }
    }

    private PilotlightException Unreachable(string why, Exception cause) => new(
        new GatewayProblem(GatewayProblem.Unreachable, "No gateway answered", $"The gateway at {http.BaseAddress} cannot be reached: {why}"), cause);

    private CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        return limit;
    }
}
