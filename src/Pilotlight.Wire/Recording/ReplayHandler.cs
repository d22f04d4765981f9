using System.Net;
using System.Text;
using System.Text.Json;
using Pilotlight.Wire.Forwarding;

namespace Pilotlight.Wire.Recording;

/// <summary>Answers calls from a folder of recordings, in the place of a network.</summary>
/// <remarks>Calls that are alike get their answers in the order of the recording, and the last one again when there are no more. Safe for concurrent use.</remarks>
internal sealed class ReplayHandler : HttpMessageHandler
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<RecordedCall>> _calls = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A file in the folder is no recording; the message names it.</exception>
    public ReplayHandler(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            var call = Read(file);
            if (!_calls.TryGetValue(call.Key, out var alike))
            {
                _calls[call.Key] = alike = new();
            }

            alike.Enqueue(call);
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Head)
        {
            return new HttpResponseMessage(HttpStatusCode.OK);
        }

        JsonElement body = default;
        if (request.Content is { } content)
        {
            using var document = await JsonDocument.ParseAsync(await content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            body = document.RootElement.Clone();
        }

        var key = CallKey.Of(request.RequestUri!.PathAndQuery, body);
        return Find(key) is { } call ? Answer(call) : Nothing(key);
    }

    private static RecordedCall Read(string file)
    {
        try
        {
            return RecordedCall.Read(File.ReadAllText(file));
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{file}' is no recording of the relay's: {fault.Message} Take it out of the folder that Pilotlight:Wire:Replay names.", fault);
        }
    }

    private RecordedCall? Find(string key)
    {
        lock (_gate)
        {
            return !_calls.TryGetValue(key, out var alike) ? null : alike.Count > 1 ? alike.Dequeue() : alike.Peek();
        }
    }

    private static HttpResponseMessage Answer(RecordedCall call)
    {
        var response = new HttpResponseMessage((HttpStatusCode)call.Status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(call.Response)) };
        foreach (var (name, value) in call.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    private HttpResponseMessage Nothing(string key) => new ApiError(
        424,
        "not_found_error",
        $"There is no recording of this call ({key}) among the {_calls.Count} in the folder that Pilotlight:Wire:Replay names. Record it first.",
        false).ToResponse();
}
