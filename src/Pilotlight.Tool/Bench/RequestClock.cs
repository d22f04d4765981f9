using System.Diagnostics;

namespace Pilotlight.Tool.Bench;

/// <summary>Hears from the web server's own diagnostics when a turn's request came in.</summary>
internal sealed class RequestClock : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string Started = "Microsoft.AspNetCore.Hosting.HttpRequestIn.Start";

    private readonly List<IDisposable> _subscriptions = [];
    private long _cameAt;

    public RequestClock() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>When the latest one came, as a timestamp.</summary>
    public long CameAt => Interlocked.Read(ref _cameAt);

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore")
        {
            _subscriptions.Add(value.Subscribe(this, name => name.StartsWith("Microsoft.AspNetCore.Hosting.HttpRequestIn", StringComparison.Ordinal)));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == Started && value.Value is HttpContext { Request: { Method: "POST", Path.Value: { } path } } && path.EndsWith("/turns", StringComparison.Ordinal))
        {
            Interlocked.Exchange(ref _cameAt, Stopwatch.GetTimestamp());
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose()
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }
}
