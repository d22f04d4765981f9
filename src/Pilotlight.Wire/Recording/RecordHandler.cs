using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Pilotlight.Wire.Forwarding;

namespace Pilotlight.Wire.Recording;

/// <summary>Writes each call and its answer into a folder, a file for each, once the answer has come whole.</summary>
/// <param name="folder">Where to; it is made.</param>
/// <param name="keys">The keys that are in use now.</param>
/// <param name="inner">Who makes the calls.</param>
/// <param name="logger">Told of what could not be written.</param>
internal sealed partial class RecordHandler(string folder, Func<IEnumerable<string>> keys, HttpMessageHandler inner, ILogger logger) : DelegatingHandler(inner)
{
    private static readonly string[] KeptHeaders = ["content-type", "retry-after", "request-id"];

    private int _last = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json").Length : 0;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (!request.Options.TryGetValue(WireCall.Key, out var call) || call.Body.Members is null)
        {
            return response;
        }

        var path = request.RequestUri!.PathAndQuery;
        var content = new StreamContent(new TeeStream(
            await response.Content.ReadAsStreamAsync(cancellationToken), answer => Write(path, call, (int)response.StatusCode, response, answer)));
        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
        }

        response.Content = content;
        return response;
    }

    private void Write(string path, WireCall call, int status, HttpResponseMessage response, byte[] answer)
    {
        try
        {
            var known = keys().ToList();
            var body = call.Body.ToBytes();
            using var request = JsonDocument.Parse(SecretFilter.Clean(Encoding.UTF8.GetString(body.Span), known));
            var headers = response.Headers.Concat(response.Content.Headers)
                .Where(header => KeptHeaders.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.First());
            var record = new RecordedCall(
                CallKey.Of(path, request.RootElement), path, request.RootElement.Clone(), status, headers, SecretFilter.Clean(Encoding.UTF8.GetString(answer), known));
            Directory.CreateDirectory(folder);
            var name = Interlocked.Increment(ref _last).ToString("D6", CultureInfo.InvariantCulture) + "-" + record.Key;
            var draft = Path.Combine(folder, name + ".tmp");
            File.WriteAllText(draft, record.ToJson());
            File.Move(draft, Path.Combine(folder, name + ".json"), overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            LogNotWritten(folder, fault);
        }
    }

    [LoggerMessage(LogLevel.Warning, "A call could not be recorded in '{Folder}'.")]
    private partial void LogNotWritten(string folder, Exception fault);
}
