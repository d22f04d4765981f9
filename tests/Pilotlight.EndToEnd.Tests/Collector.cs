using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Takes what an exporter sends and keeps it as it is: the names in it are plain text.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, StringBuilder> _received = new(StringComparer.Ordinal);

    private Collector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(KeepAsync);
    }

    /// <summary>What makes a gateway send here.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.First(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
    };

    /// <summary>All that was sent.</summary>
    public string Everything
    {
        get
        {
            lock (_received)
            {
                return string.Concat(_received.Values);
            }
        }
    }

    public static async Task<Collector> StartAsync(CancellationToken cancellationToken)
    {
        var collector = new Collector();
        await collector._app.StartAsync(cancellationToken);
        return collector;
    }

    public string Received(string path)
    {
        lock (_received)
        {
            return _received.TryGetValue(path, out var text) ? text.ToString() : "";
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task KeepAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        lock (_received)
        {
            if (!_received.TryGetValue(http.Request.Path, out var text))
            {
                _received[http.Request.Path] = text = new StringBuilder();
            }

            text.Append(Encoding.Latin1.GetString(body.ToArray()));
        }
    }
}
