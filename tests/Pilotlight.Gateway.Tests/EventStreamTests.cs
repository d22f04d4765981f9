using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.Native;

namespace Pilotlight.Gateway.Tests;

/// <summary>A stream of events that its client leaves, or that falls silent.</summary>
public sealed class EventStreamTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _client = new();
    private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _body = new();
    private readonly DefaultHttpContext _http;
    private bool _isLetGo;

    public EventStreamTests()
    {
        _http = new DefaultHttpContext { RequestAborted = _client.Token };
        _http.Response.Body = _body;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_client_that_leaves_in_a_silence_ends_the_stream_which_lets_its_events_go()
    {
        // Its disposal throws when the iterator still moves.
        var writing = WriteAsync();
        await _waits.Task.WaitAsync(Patience, Token);

        await _client.CancelAsync();

        await writing.WaitAsync(Patience, Token);
        Assert.True(_isLetGo);
    }

    [Fact]
    public async Task A_client_that_cannot_take_a_beat_ends_the_stream_which_lets_its_events_go()
    {
        _http.Response.Body = new ClosedStream(_client);
        var writing = WriteAsync();
        await _waits.Task.WaitAsync(Patience, Token);

        await BeatUntilAsync(() => writing.IsCompleted);

        await writing.WaitAsync(Patience, Token);
        Assert.True(_isLetGo);
    }

    [Fact]
    public async Task A_silence_is_broken_by_comments()
    {
        var writing = WriteAsync();
        await _waits.Task.WaitAsync(Patience, Token);

        await BeatUntilAsync(() => _body.Length > 0);
        await _client.CancelAsync();
        await writing.WaitAsync(Patience, Token);

        Assert.StartsWith(": ping\n\n", System.Text.Encoding.UTF8.GetString(_body.ToArray()), StringComparison.Ordinal);
    }

    private async Task WriteAsync()
    {
        await using var events = EventsAsync(_client.Token).GetAsyncEnumerator(Token);
        await new EventStream(_http, new StreamOptions(), _time).WriteAsync(events, hasCurrent: false);
    }

    private async Task BeatUntilAsync(Func<bool> isDone)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (!isDone())
        {
            _time.Advance(new StreamOptions().Heartbeat);
            await Task.Delay(10, patience.Token);
        }
    }

    private async IAsyncEnumerable<StoredEvent> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            _waits.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            yield break;
        }
        finally
        {
            // The end is slow to come: the stream has to wait for it.
            await Task.Delay(50, CancellationToken.None);
            _isLetGo = true;
        }
    }

    // Its client is found gone by the write.
    private sealed class ClosedStream(CancellationTokenSource client) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await client.CancelAsync();
            throw new OperationCanceledException(client.Token);
        }
    }
}
