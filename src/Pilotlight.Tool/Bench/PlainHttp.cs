using System.Diagnostics;

namespace Pilotlight.Tool.Bench;

/// <summary>The simulated API itself, asked over a kept connection: no way through a CLI can be quicker.</summary>
internal sealed class PlainHttp(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address };

    public async Task<Sample> RunAsync(string question, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = new StringContent($$"""{"model":"claude-sonnet","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"{{question}}"}]}"""),
        };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        double? first = null;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains("text_delta", StringComparison.Ordinal))
            {
                first ??= Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
            }
        }

        return new Sample(first ?? throw new InvalidOperationException("The simulator gave no text."), Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
    }

    public void Dispose() => _http.Dispose();
}
