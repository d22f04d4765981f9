using Pilotlight.Wire.Counting;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Forwarding;

/// <summary>An upstream's answer up to its first bytes: enough to say whether another one had better be asked.</summary>
internal sealed class UpstreamAnswer(Upstream upstream, HttpResponseMessage response, Stream body, ReadOnlyMemory<byte> first) : IDisposable
{
    private const int FirstPiece = 16 * 1024;

    public HttpResponseMessage Response => response;

    public Stream Body => body;

    public ReadOnlyMemory<byte> First => first;

    public int Status => (int)response.StatusCode;

    public bool IsEvents => MediaType == "text/event-stream";

    /// <summary>Whether it can be the API's: an answer of events or of JSON.</summary>
    public bool IsTheApi => IsEvents || MediaType?.EndsWith("json", StringComparison.Ordinal) == true;

    private string? MediaType => response.Content.Headers.ContentType?.MediaType;

    /// <summary>Waits for the first bytes of an answer that holds a message, since up to there another upstream can take over.</summary>
    public static async Task<UpstreamAnswer> ReadAsync(Upstream upstream, HttpResponseMessage response, bool isMessage, CancellationToken cancellationToken)
    {
        try
        {
            var raw = await response.Content.ReadAsStreamAsync(cancellationToken);
            var body = upstream.Protocol.Translate(response.Content.Headers, raw);
            if (!isMessage || !response.IsSuccessStatusCode)
            {
                return new UpstreamAnswer(upstream, response, body, default);
            }

            var piece = new byte[FirstPiece];
            var read = await body.ReadAsync(piece, cancellationToken);
            return read > 0
                ? new UpstreamAnswer(upstream, response, body, piece.AsMemory(0, read))
                : throw new HttpIOException(HttpRequestError.ResponseEnded, "it closed the connection before it had said anything.");
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Why another upstream had better be asked; null when this one's answer stands.</summary>
    public string? Fault() => Status switch
    {
        429 => "it asked for fewer calls (429).",
        529 => "it is overloaded (529).",
        407 => ConnectionFault.ProxyRefused(),
        >= 500 => $"it failed ({Status}).",
        200 when IsEvents && FirstError() is { } error => $"it began with an error ({error}).",
        _ => null,
    };

    /// <summary>Whether the fault is about one model, and not the whole upstream.</summary>
    public bool IsAboutModel => Status is 429 or 529 or 200;

    /// <summary>The answer for whoever asked, its body read along by <paramref name="progress"/>.</summary>
    /// <param name="progress">Who reads along; null when the answer is nobody's business.</param>
    /// <param name="endsAtMaxTokens">Whether reaching <c>max_tokens</c> is told to the CLI as an end like any other.</param>
    public HttpResponseMessage Release(CallProgress? progress, bool endsAtMaxTokens)
    {
        // At once: it has been told, whether or not whoever asked stays to read it.
        progress?.Read(first.Span);
        Stream counted = new CountedStream(first, body, progress);
        var isEdited = endsAtMaxTokens && IsEvents;
        var content = new StreamContent(isEdited ? new EditedStream(counted) : counted, 64 * 1024);
        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            if (!isEdited || !name.Equals("content-length", StringComparison.OrdinalIgnoreCase))
            {
                content.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
            }
        }

        response.Content = content;
        return response;
    }

    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
    }

    public override string ToString() => $"{upstream.Name}: {Status}";

    // The API can say that it is overloaded after it has said 200.
    private string? FirstError()
    {
        if (!first.Span.StartsWith("event: error"u8))
        {
            return null;
        }

        var facts = new AnswerFacts();
        new EventAnswerReader().Read(first.Span, facts);
        return facts.Error is "overloaded_error" or "api_error" or "rate_limit_error" ? facts.Error : null;
    }
}
