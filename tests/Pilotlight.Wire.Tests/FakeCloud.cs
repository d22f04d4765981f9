using System.Text;
using System.Text.Json;
using Amazon.Runtime.EventStreams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Wire.Tests;

/// <summary>A cloud's endpoint that answers every call with the same few events, in Anthropic's form or in Amazon's frames.</summary>
internal sealed class FakeCloud : IAsyncDisposable
{
    private static readonly string[] Events =
    [
        """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-there","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"from the cloud"}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}}""",
        """{"type":"message_stop"}""",
    ];

    private readonly WebApplication _app;
    private readonly bool _framed;

    private FakeCloud(bool framed)
    {
        _framed = framed;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>What came, the probes left out.</summary>
    public List<(string Path, IHeaderDictionary Headers, JsonElement Body)> Requests { get; } = [];

    public static async Task<FakeCloud> StartAsync(bool framed)
    {
        var cloud = new FakeCloud(framed);
        await cloud._app.StartAsync();
        return cloud;
    }

    public static byte[] Frame(string json) => new EventStreamMessage(
        [Header(":message-type", "event"), Header(":event-type", "chunk")],
        Encoding.UTF8.GetBytes($$"""{"bytes":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(json))}}","p":"abc"}""")).ToByteArray();

    public static byte[] Exception(string type, string message) => new EventStreamMessage(
        [Header(":message-type", "exception"), Header(":exception-type", type)], Encoding.UTF8.GetBytes($$"""{"message":"{{message}}"}""")).ToByteArray();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            return;
        }

        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        lock (Requests)
        {
            Requests.Add((http.Request.Path.Value!, new HeaderDictionary(http.Request.Headers.ToDictionary()), body.RootElement.Clone()));
        }

        http.Response.ContentType = _framed ? "application/vnd.amazon.eventstream" : "text/event-stream";
        foreach (var json in Events)
        {
            var name = JsonDocument.Parse(json).RootElement.GetProperty("type").GetString();
            await http.Response.Body.WriteAsync(_framed ? Frame(json) : Encoding.UTF8.GetBytes($"event: {name}\ndata: {json}\n\n"));
            await http.Response.Body.FlushAsync();
        }
    }

    private static EventStreamHeader Header(string name, string value)
    {
        var header = new EventStreamHeader(name);
        header.SetString(value);
        return header;
    }
}
